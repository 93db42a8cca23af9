/**
 * The faces of one picture or frame: the page's `FaceEmotions`.
 *
 * @typedef {object} Face
 * @property {number[]} box `x1, y1, x2, y2` in pixels of the upright picture.
 * @property {number} score The detector's, 0..1.
 * @property {number[]} probabilities In the order of `emotions`.
 * @property {string} emotion The likeliest.
 * @property {number} confidence Its probability.
 * @property {boolean} uncertain Whether that is below the model's threshold.
 * @property {number|null} id The same number for the same person; null in a photo.
 *
 * @typedef {object} Faces
 * @property {number[]} size Width and height of the picture.
 * @property {string[]} emotions
 * @property {Face[]} faces
 */

/** Return the faces that a recogniser found, with their answers worked out. */
export function makeFaces(size, emotions, uncertainBelow, found) {
  const faces = found.map(({ box, score, probabilities, id = null }) => ({
    box,
    score,
    id,
    ...answer(emotions, probabilities, uncertainBelow),
  }));
  return { size, emotions, uncertainBelow, faces };
}

/** Return the same faces with other probabilities and ids, as smoothing and tracking give them. */
export function withTracks(result, ids, rows) {
  const { emotions, uncertainBelow } = result;
  const faces = result.faces.map((face, i) => ({
    ...face,
    id: ids[i],
    ...answer(emotions, rows[i], uncertainBelow),
  }));
  return { ...result, faces };
}

function answer(emotions, probabilities, uncertainBelow) {
  const confidence = Math.max(...probabilities);
  return {
    probabilities,
    emotion: emotions[probabilities.indexOf(confidence)],
    confidence,
    uncertain: confidence < uncertainBelow,
  };
}

/** Return a probability as people read it; certain is none. */
export function percent(probability) {
  if (probability >= 0.995) return "> 99 %";
  return `${Math.round(100 * probability)} %`;
}

/** Return what is written beside a face, such as `happy? 45 %`. */
export function caption({ emotion, confidence, uncertain }) {
  return `${emotion}${uncertain ? "?" : ""} ${percent(confidence)}`;
}
