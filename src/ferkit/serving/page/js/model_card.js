/** A model's honest figures and limits, from its card. */

import { byId, element } from "./dom.js";

/** @param {object} model Its entry of `page.json`. */
export async function showCard(model) {
  const response = await fetch(model.card);
  if (!response.ok) throw new Error(`The card of ${model.name} is missing here; write the page again.`);
  const card = await response.json();
  byId("card-title").textContent = model.name;
  byId("card-content").replaceChildren(...sections(card, model));
  byId("card").showModal();
}

function sections(card, model) {
  return [
    section("What it is", facts(card, model)),
    accuracySection(card),
    emotionSection(card),
    wildSection(card),
    calibrationSection(card),
    section("Limits", limits()),
  ].filter(Boolean);
}

function facts(card, model) {
  const rows = [
    ["Task", card.task],
    ["Answers", model.emotions.join(", ")],
    ["Size", `${megabytes(model.bytes)}, ${millions(card.macs)} million multiplications a face`],
    ["Trained on", trainedOn(card)],
  ];
  if (card.variant_of) rows.push(["Variant of", `${card.variant_of}, in 8-bit integers`]);
  const facts = table([], rows.filter(([, value]) => value));
  facts.classList.add("facts");
  return facts;
}

function trainedOn({ training }) {
  if (!training?.data) return "";
  const counts = Object.values(training.data.counts?.train ?? {});
  const total = counts.reduce((sum, n) => sum + n, 0);
  return total ? `${total.toLocaleString("en")} pictures of ${training.data.origin}` : training.data.origin;
}

/** FER-2013: how often it was right on pictures that decided nothing. */
function accuracySection(card) {
  const test = card.evaluation?.tta?.none?.test;
  if (!test) return null;
  const rows = [["All test images", test.n, withRange(test.accuracy, test.accuracy_ci95)]];
  if (test.clean_accuracy) {
    rows.push(["Without those that have a copy in training", test.clean_n, withRange(test.clean_accuracy, test.clean_accuracy_ci95)]);
  }
  return section("How often it was right on FER-2013", table(["", "images", "right (95 % interval)"], rows));
}

function emotionSection(card) {
  const perClass = card.evaluation?.tta?.none?.test?.per_class;
  if (!perClass) return null;
  const rows = Object.entries(perClass).map(([name, { precision, recall }]) => [name, share(recall), share(precision)]);
  return section(
    "By emotion, on the same images",
    table(["", "of those shown, found", "of those named, right"], rows),
  );
}

/** Photographs from elsewhere, where the card has them. */
function wildSection(card) {
  const wild = card.wild ?? card.evaluation?.wild;
  if (!wild || typeof wild !== "object") return null;
  const rows = Object.entries(wild)
    .filter(([, value]) => typeof value === "number" && value >= 0 && value <= 1)
    .map(([name, value]) => [name.replaceAll("_", " "), share(value)]);
  return rows.length ? section("On photographs from elsewhere", table([], rows)) : null;
}

function calibrationSection({ calibration, uncertain_below: below }) {
  const test = calibration?.test;
  if (!test) return null;
  const rows = [["Confidence and truth differ on average by", share(test.ece)]];
  if (below && test.kept) {
    rows.push([`Answers with at least ${Math.round(100 * below)} % confidence`, share(test.kept)]);
    rows.push(["Of those, right", share(test.accuracy)]);
    rows.push(["All others are marked as uncertain", share(1 - test.kept)]);
  }
  return section("What its confidence is worth", table([], rows));
}

function limits() {
  return element(
    "p",
    { class: "hint" },
    "Figures hold for pictures like those that were measured: faces that were found by a search engine and named by " +
      "people, who themselves often disagree. Side views, covered or small faces, poor light, children and people " +
      "whom the training pictures show rarely are read less well.",
  );
}

function section(title, content) {
  return element("section", { class: "card-section" }, element("h3", {}, title), content);
}

function table(head, rows) {
  const header = head.length
    ? element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text))))
    : null;
  const body = rows.map(([name, ...cells]) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, String(cell)))),
  );
  return element("table", { class: "table" }, header, element("tbody", {}, ...body));
}

function withRange(value, range) {
  return range ? `${share(value)} (${share(range[0])} to ${share(range[1])})` : share(value);
}

function share(value) {
  return `${(100 * value).toFixed(1)} %`;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function millions(number) {
  return Math.round(number / 1e6);
}
