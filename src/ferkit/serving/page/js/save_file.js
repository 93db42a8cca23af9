/** Handing a file to the user. */

/**
 * @param {string} name What the file is called.
 * @param {string|Blob} content
 * @param {string} [type] Media type of text.
 */
export function saveFile(name, content, type = "text/plain") {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Not at once: the browser reads it after this returns.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Return a canvas as the bytes of a PNG. */
export async function pngOf(canvas) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("This picture is too large for this browser to save; make it smaller.");
  return blob;
}

/** Return a file's name without its suffix. */
export function stem(name) {
  return name.replace(/\.[^.]*$/, "") || "ferkit";
}

/** Return the local time for a file's name, such as `2026-11-27-14-05-09`. */
export function stamp() {
  const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000);
  return now.toISOString().slice(0, 19).replace(/[T:]/g, "-");
}
