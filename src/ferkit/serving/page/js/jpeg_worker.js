/**
 * Frames to JPEG for a server, beside the page: on the page itself Chromium would wait for an idle moment.
 *
 * Takes `{id, frame, most, quality}`, answers `{id, jpeg}` or `{id, error}`.
 */

import { sizeOf } from "./engine/read_pixels.js";

const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext("2d", { willReadFrequently: true });

async function encoded(frame, most, quality) {
  const size = sizeOf(frame);
  const factor = Math.min(1, most / Math.max(...size));
  const [width, height] = size.map((side) => Math.max(1, Math.round(side * factor)));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  try {
    context.drawImage(frame, 0, 0, width, height);
  } finally {
    frame.close();
  }
  return (await canvas.convertToBlob({ type: "image/jpeg", quality })).arrayBuffer();
}

self.addEventListener("message", async ({ data: { id, frame, most, quality } }) => {
  try {
    const jpeg = await encoded(frame, most, quality);
    self.postMessage({ id, jpeg }, [jpeg]);
  } catch (error) {
    self.postMessage({ id, error: error?.message ?? String(error) });
  }
});
