/** Results as files: the records of `docs/schema/` and the same rows as `ferkit predict` writes. */

import { roundEven } from "./engine/round_even.js";

const COLUMNS = [
  "source", "time_s", "image_width", "image_height", "face", "track_id", "x1", "y1", "x2", "y2",
  "face_score", "emotion", "confidence", "uncertain", "error",
];
const WHOLE = new Set(["image_width", "image_height", "face", "track_id"]);

/**
 * Return the record of a picture or frame.
 * @param {string} source Its name.
 * @param {import("./faces.js").Faces} result
 * @param {number|null} timeS When the frame is shown, in seconds.
 */
export function makeRecord(source, result, timeS = null) {
  return {
    source,
    image_size: result.size,
    faces: result.faces.map((face) => ({
      box: face.box.map((value) => rounded(value, 1)),
      face_score: rounded(face.score, 4),
      emotion: face.emotion,
      confidence: rounded(face.confidence, 4),
      uncertain: face.uncertain,
      probabilities: Object.fromEntries(
        result.emotions.map((name, i) => [name, rounded(face.probabilities[i], 4)]),
      ),
      track_id: face.id,
    })),
    time_s: timeS === null ? null : rounded(timeS, 6),
    error: null,
  };
}

/** Return the record of a picture that cannot be read. */
export function errorRecord(source, error) {
  return { source, image_size: null, faces: [], time_s: null, error };
}

/** Return the records with other numbers of people, as `idOf` gives them. */
export function renumbered(records, idOf) {
  return records.map((record) => ({
    ...record,
    faces: record.faces.map((face) => ({ ...face, track_id: idOf(face.track_id) })),
  }));
}

/** Return a JSON list, one record a line. */
export function toJson(records) {
  if (!records.length) return "[]\n";
  return `[\n${records.map((record) => JSON.stringify(record)).join(",\n")}\n]\n`;
}

/**
 * Return a header and one row per face; a picture without a face has a row too. After `emotions` come others of a model
 * that was chosen meanwhile.
 */
export function toCsv(records, emotions) {
  const faces = records.flatMap((record) => record.faces);
  const names = new Set([...emotions, ...faces.flatMap(({ probabilities }) => Object.keys(probabilities))]);
  const columns = [...COLUMNS, ...[...names].map((name) => `p_${name}`)];
  const header = columns.map((name) => cell("", name));
  const lines = records.flatMap(flatRows).map((row) => columns.map((name) => cell(name, row[name])));
  return [header, ...lines].map((cells) => `${cells.join(",")}\n`).join("");
}

function flatRows(record) {
  const [width, height] = record.image_size ?? [null, null];
  const about = {
    source: record.source,
    time_s: record.time_s,
    image_width: width,
    image_height: height,
    error: record.error,
  };
  if (!record.faces.length) return [about];
  return record.faces.map(({ box: [x1, y1, x2, y2], probabilities, ...face }, index) => {
    const shares = Object.entries(probabilities).map(([name, value]) => [`p_${name}`, value]);
    return { ...about, face: index, x1, y1, x2, y2, ...face, ...Object.fromEntries(shares) };
  });
}

/** Return a value as Python's csv module writes it. */
function cell(name, value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") {
    return Number.isInteger(value) && !WHOLE.has(name) ? value.toFixed(1) : String(value);
  }
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function rounded(value, digits) {
  return roundEven(value * 10 ** digits) / 10 ** digits;
}
