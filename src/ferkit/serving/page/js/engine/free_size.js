/**
 * Lets a network take pictures of any size.
 *
 * The file of YuNet states 1x3x640x640 and ONNX Runtime refuses all else, although nothing in the network depends on
 * it. The bytes are changed in place, each for as many others, so that no length in the file moves: the sizes of the
 * input get names, and the shapes of everything behind it become fields that ONNX does not know and skips.
 */

import { fields, GRAPH, LENGTH_DELIMITED } from "./onnx_bytes.js";

// Field numbers of onnx.proto.
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
