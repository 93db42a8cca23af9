/**
 * Lets a network take pictures of any size.
 *
 * The file of YuNet states 1x3x640x640 and ONNX Runtime refuses all else, although nothing in the network depends on
 * it. The bytes are changed in place, each for as many others, so that no length in the file moves: the sizes of the
 * input get names, and the shapes of everything behind it become fields that ONNX does not know and skips.
 */

// Field numbers of onnx.proto.
const GRAPH = 7;
const GRAPH_INPUT = 11;
const GRAPH_OUTPUT = 12;
const GRAPH_VALUE_INFO = 13;
const VALUE_TYPE = 2;
const TENSOR_TYPE = 1;
const TENSOR_SHAPE = 2;
const SHAPE_DIM = 1;
const DIM_NAME = 2;
// Numbers that these messages do not use.
const UNKNOWN_IN_GRAPH = 9;
const UNKNOWN_IN_TENSOR = 3;

const LENGTH_DELIMITED = 2;

/**
 * Free height and width of a network's first input.
 * @param {Uint8Array} bytes An ONNX file; changed in place.
 * @returns {Uint8Array} The same bytes.
 */
export function freeSize(bytes) {
  const [graph] = fields(bytes, { start: 0, end: bytes.length }, GRAPH);
  for (const info of fields(bytes, graph, GRAPH_VALUE_INFO)) {
    retag(bytes, info, UNKNOWN_IN_GRAPH);
  }
  for (const output of fields(bytes, graph, GRAPH_OUTPUT)) {
    retag(bytes, shapeOf(bytes, output), UNKNOWN_IN_TENSOR);
  }
  const [input] = fields(bytes, graph, GRAPH_INPUT);
  const dims = fields(bytes, shapeOf(bytes, input), SHAPE_DIM);
  nameDim(bytes, dims[2], "h");
  nameDim(bytes, dims[3], "w");
  return bytes;
}

function shapeOf(bytes, value) {
  const [type] = fields(bytes, value, VALUE_TYPE);
  const [tensor] = fields(bytes, type, TENSOR_TYPE);
  return fields(bytes, tensor, TENSOR_SHAPE)[0];
}

/** Put a name of one letter where a number of two bytes stood: both take three bytes with their tag. */
function nameDim(bytes, dim, letter) {
  if (dim.end - dim.start !== 3) return; // free already
  bytes.set([(DIM_NAME << 3) | LENGTH_DELIMITED, 1, letter.charCodeAt(0)], dim.start);
}

function retag(bytes, field, number) {
  bytes[field.tag] = (number << 3) | LENGTH_DELIMITED;
}

/** Return where the messages with this field number lie within another message. */
function fields(bytes, { start, end }, wanted) {
  const found = [];
  let at = start;
  while (at < end) {
    const tag = at;
    const [key, afterKey] = varint(bytes, at);
    at = afterKey;
    const kind = key & 7;
    if (kind === 0) at = varint(bytes, at)[1];
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      const [length, content] = varint(bytes, at);
      at = content + length;
      if (key >>> 3 === wanted) found.push({ tag, start: content, end: at });
    }
  }
  return found;
}

function varint(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}
