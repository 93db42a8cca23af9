/** Quarter turns of pictures and of the faces in them, and how far a face leans. */

/**
 * Turn a picture counterclockwise, as `numpy.rot90` does.
 * @param {{data: Uint8Array|Uint8ClampedArray, width: number, height: number}} image
 * @param {number} quarters How often by 90 degrees; negative ones are clockwise.
 * @param {number} channels Values of a pixel.
 */
export function turnImage(image, quarters, channels) {
  const turns = ((quarters % 4) + 4) % 4;
  if (!turns) return image;
  const { data, width, height } = image;
  const [newWidth, newHeight] = turns % 2 ? [height, width] : [width, height];
  const result = new data.constructor(data.length);
  let to = 0;
  for (let y = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++) {
      const [oldX, oldY] = { 1: [width - 1 - y, x], 2: [width - 1 - x, height - 1 - y], 3: [y, height - 1 - x] }[turns];
      const from = (oldY * width + oldX) * channels;
      for (let c = 0; c < channels; c++) result[to++] = data[from + c];
    }
  }
  return { data: result, width: newWidth, height: newHeight };
}

/** Return a face as it lies in the picture when that, `width` x `height`, is turned counterclockwise. */
export function turnFace(face, quarters, width, height) {
  const turns = ((quarters % 4) + 4) % 4;
  let corners = [face.box.slice(0, 2), face.box.slice(2)];
  let { landmarks } = face;
  for (let i = 0; i < turns; i++) {
    const turn = ([x, y]) => [y, Math.fround(width - x)];
    corners = corners.map(turn);
    landmarks = landmarks.map(turn);
    [width, height] = [height, width];
  }
  const [[x1, y1], [x2, y2]] = corners;
  const box = [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
  return { ...face, box, landmarks };
}

/**
 * Return how far a face leans clockwise, in degrees, by where its mouth lies under its eyes.
 * @param {number[][]} landmarks Right eye, left eye, nose, right and left mouth corner.
 */
export function rollOf([right, left, , mouthRight, mouthLeft]) {
  const x = (mouthRight[0] + mouthLeft[0] - right[0] - left[0]) / 2;
  const y = (mouthRight[1] + mouthLeft[1] - right[1] - left[1]) / 2;
  return (Math.atan2(-x, y) * 180) / Math.PI;
}
