/** Boxes, names and blurred faces drawn on a canvas: for the camera, videos and pictures to keep. */

import { colorOf, inkOn } from "./colors.js";
import { caption } from "./faces.js";

const EDGE = "rgb(16 20 26 / 75%)";
// A blurred face is larger than its box, since it moves between two looks.
const BLUR_MARGIN = 0.25;
const BLUR_CELLS = 8;

/**
 * Draw a box and a tag for every face.
 * @param {CanvasRenderingContext2D} context
 * @param {import("./faces.js").Face[]} faces
 * @param {object} view
 * @param {number[]} view.size Width and height of the picture in pixels of the boxes.
 * @param {boolean} [view.mirrored]
 * @param {(id: number) => string} [view.nameOf] The name of a person.
 */
export function drawFaces(context, faces, { size, mirrored = false, nameOf = () => "" }) {
  const { width, height } = context.canvas;
  const scale = width / size[0];
  const unit = Math.max(12, Math.round(Math.max(width, height) / 62));
  const order = [...faces].sort((a, b) => a.box[2] - a.box[0] - (b.box[2] - b.box[0]));
  const boxes = order.map((face) => placed(face.box, scale, mirrored, width));
  order.forEach((face, i) => drawBox(context, face, boxes[i], unit));
  const taken = [];
  for (let i = order.length - 1; i >= 0; i--) {
    const others = boxes.filter((_, k) => k !== i);
    drawTag(context, order[i], boxes[i], { unit, taken, others, name: nameOf(order[i].id) });
  }
}

function placed([x1, y1, x2, y2], scale, mirrored, width) {
  const left = mirrored ? width - x2 * scale : x1 * scale;
  return { x: left, y: y1 * scale, width: (x2 - x1) * scale, height: (y2 - y1) * scale };
}

function drawBox(context, face, box, unit) {
  const thick = Math.max(1.5, Math.min(unit / 6, box.width / 16));
  context.setLineDash(face.uncertain ? [thick * 3, thick * 2] : []);
  for (const [color, more] of [[EDGE, 2], [colorOf(face.emotion), 0]]) {
    context.strokeStyle = color;
    context.lineWidth = thick + more;
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, thick * 2);
    context.stroke();
  }
  context.setLineDash([]);
}

/** Write at the box, above it if there is room; the tag of a smaller face gives way. */
function drawTag(context, face, box, { unit, taken, others, name }) {
  const size = Math.max(11, Math.min(unit, box.width * 0.2));
  const text = name ? `${name} · ${caption(face)}` : caption(face);
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  const width = context.measureText(text).width + size;
  const height = size * 1.6;
  const { canvas } = context;
  const left = Math.max(0, Math.min(box.x, canvas.width - width));
  const places = [box.y - height - 2, box.y + box.height + 2, box.y]
    .filter((y) => y >= 0 && y + height <= canvas.height)
    .map((y) => ({ x: left, y, width, height }));
  const free = (place, things) => !things.some((thing) => meet(place, thing));
  const place = places.find((p) => free(p, [...taken, ...others])) ?? places.find((p) => free(p, taken));
  if (!place) return;
  taken.push(place);
  const color = colorOf(face.emotion);
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(place.x, place.y, width, height, size * 0.3);
  context.fill();
  context.fillStyle = inkOn(color);
  context.fillText(text, place.x + size / 2, place.y + height / 2 + size * 0.05);
}

function meet(one, other) {
  const across = one.x < other.x + other.width && other.x < one.x + one.width;
  return across && one.y < other.y + other.height && other.y < one.y + one.height;
}

const cells = document.createElement("canvas");

/**
 * Make faces unrecognisable: a few coarse cells each.
 * @param {CanvasRenderingContext2D} context The picture is drawn at the canvas's whole size.
 * @param {CanvasImageSource} picture Where the pixels come from.
 * @param {number[][]} boxes In pixels of `size`.
 */
export function blurFaces(context, picture, boxes, { size, mirrored = false }) {
  const scale = context.canvas.width / size[0];
  const small = cells.getContext("2d");
  cells.width = cells.height = BLUR_CELLS;
  for (const box of boxes) {
    const margin = Math.max(box[2] - box[0], box[3] - box[1]) * BLUR_MARGIN;
    const grown = [box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin];
    const [x1, y1] = grown.slice(0, 2).map((value) => Math.max(value, 0));
    const [x2, y2] = grown.slice(2).map((value, i) => Math.min(value, size[i]));
    if (x2 <= x1 || y2 <= y1) continue;
    small.imageSmoothingQuality = "high";
    small.drawImage(picture, x1, y1, x2 - x1, y2 - y1, 0, 0, BLUR_CELLS, BLUR_CELLS);
    const to = placed([x1, y1, x2, y2], scale, mirrored, context.canvas.width);
    context.save();
    context.beginPath();
    // Round the whole box: an ellipse within the picture would leave out the corners of what lies at its edges.
    const round = placed(grown, scale, mirrored, context.canvas.width);
    context.ellipse(round.x + round.width / 2, round.y + round.height / 2, round.width / 2, round.height / 2, 0, 0, 7);
    context.clip();
    if (mirrored) {
      context.translate(2 * to.x + to.width, 0);
      context.scale(-1, 1);
    }
    context.drawImage(cells, to.x, to.y, to.width, to.height);
    context.restore();
  }
}
