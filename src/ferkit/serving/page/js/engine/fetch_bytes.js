/** A file of this page as bytes, with progress. */

/**
 * @param {string} url
 * @param {(share: number) => void} [onProgress] Is told the share that has come, 0..1, where the size is known.
 * @returns {Promise<Uint8Array>}
 */
export async function fetchBytes(url, onProgress = () => {}) {
  let response;
  try {
    response = await fetch(url);
  } catch {
    throw new Error(`The file ${nameOf(url)} cannot be reached; check the connection and try again.`);
  }
  if (!response.ok) {
    throw new Error(`The file ${nameOf(url)} is missing here (${response.status}); write the page again.`);
  }
  const total = Number(response.headers.get("Content-Length"));
  const parts = [];
  let length = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
    if (total) onProgress(Math.min(length / total, 1));
  }
  return joined(parts, length);
}

function joined(parts, length) {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function nameOf(url) {
  return new URL(url, self.location.href).pathname.split("/").pop();
}
