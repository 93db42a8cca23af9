/**
 * Lets a network that averages a face and its mirror image itself look at the face alone.
 *
 * Its input `views` has a default of 2, and ONNX Runtime for browsers cannot set inputs that have one. So the default
 * becomes 1 in the bytes: a camera needs the time, and for photos the page turns the face itself, as for any network.
 */

import { fields, GRAPH } from "./onnx_bytes.js";

// Field numbers of onnx.proto.
const GRAPH_INITIALIZER = 5;
const TENSOR_INT64 = 7;
const TENSOR_NAME = 8;
const TENSOR_RAW = 9;

/**
 * @param {Uint8Array} bytes An ONNX file; changed in place.
 * @returns {Uint8Array} The same bytes.
 */
export function oneView(bytes) {
  const [graph] = fields(bytes, { start: 0, end: bytes.length }, GRAPH);
  for (const tensor of fields(bytes, graph, GRAPH_INITIALIZER)) {
    const [name] = fields(bytes, tensor, TENSOR_NAME);
    if (!name || new TextDecoder().decode(bytes.subarray(name.start, name.end)) !== "views") continue;
    // A small number stands in the first byte of either form.
    const [value] = [...fields(bytes, tensor, TENSOR_RAW), ...fields(bytes, tensor, TENSOR_INT64)];
    bytes[value.start] = 1;
  }
  return bytes;
}
