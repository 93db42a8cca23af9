/** Pictures as browsers hold them to the pixels that Python would read. */

// As in Python: enough for a face of 48 pixels wherever the detector finds one.
const WORKING_PIXELS = 12_000_000;
const MOST_PIXELS = 100_000_000;

let canvas = null;

/**
 * Decode a picture file upright, its colours as they are stored.
 * @param {Blob} blob
 * @returns {Promise<ImageBitmap>}
 */
export async function decode(blob) {
  const bitmap = await createImageBitmap(blob, {
    imageOrientation: "from-image",
    premultiplyAlpha: "none",
    colorSpaceConversion: "none",
  });
  if (bitmap.width * bitmap.height > MOST_PIXELS) {
    bitmap.close();
    throw new Error("The image is too large, more than 100 million pixels; make it smaller.");
  }
  return bitmap;
}

/** Return width and height of a bitmap or of a frame of a video. */
export function sizeOf(bitmap) {
  return [bitmap.displayWidth ?? bitmap.width, bitmap.displayHeight ?? bitmap.height];
}

/**
 * Return the pixels of a bitmap, transparent parts white; smaller than the bitmap where that is very large.
 * @param {ImageBitmap|VideoFrame} bitmap
 * @param {number} [most] The long side is at most so many pixels.
 * @returns {ImageData}
 */
export function readPixels(bitmap, most = Infinity) {
  let [width, height] = sizeOf(bitmap);
  while (width * height > WORKING_PIXELS) {
    width = Math.max(width >> 1, 1);
    height = Math.max(height >> 1, 1);
  }
  const factor = Math.min(1, most / Math.max(width, height));
  width = Math.max(1, Math.round(width * factor));
  height = Math.max(1, Math.round(height * factor));
  canvas ??= new OffscreenCanvas(width, height);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
