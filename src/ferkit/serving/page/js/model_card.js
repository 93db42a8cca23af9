/** The figures and limits of a model, from its card. */

import { byId, element } from "./dom.js";
import { percent } from "./faces.js";

/** @param {object} model Its entry of `page.json`. */
export async function showCard(model) {
  const response = await fetch(model.card);
  if (!response.ok) throw new Error(`The card of ${model.name} is missing on this server; write the page again.`);
  const card = await response.json();
  byId("card-title").textContent = model.name;
  byId("card-content").replaceChildren(...sections(card, model));
  byId("card").showModal();
}

function sections(card, model) {
  return [
    section("What it is", facts(card, model)),
    photographs(card),
    labelled("By the labels of FER+, eight emotions", card.ferplus),
    labelled("By FER-2013's own labels", card.evaluation),
    byEmotion(card),
    confidence(card),
    degraded(card),
    section("Limits", limits()),
  ].filter(Boolean);
}

function facts(card, model) {
  const rows = [
    ["Task", card.task],
    ["Answers", model.known.join(", ")],
    ["Size", card.macs && `${(model.bytes / 1e6).toFixed(1)} MB, ${Math.round(card.macs / 1e6)} million multiplications a face`],
    ["Trained on", trainedOn(card)],
    ["Variant of", card.variant_of && `${card.variant_of}, in 8-bit integers`],
  ];
  const facts = table([], rows.filter(([, value]) => value));
  facts.classList.add("facts");
  return facts;
}

function trainedOn({ training }) {
  const counts = Object.values(training?.data?.counts?.train ?? {});
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (!total) return "";
  const { origin } = training.data;
  const name = origin?.startsWith("fer2013") ? "FER-2013" : origin;
  return `${total.toLocaleString("en")} pictures of ${name}`;
}

/** Accuracy on whole photographs from another source, processed as in normal use. */
function photographs({ wild }) {
  const found = onPhotographs(wild);
  if (!found) return null;
  const rows = [
    ["Right", `${range(found)}`],
    ["Mean over the emotions", share(found.balanced_accuracy)],
    ["Calm faces called neutral", share(found.neutral_recall)],
  ];
  const note = wild.use && element("p", { class: "hint" }, `These ${wild.n} photographs: ${wild.use}.`);
  return section("On news photographs", table([], rows.filter(([, value]) => value)), note);
}

function onPhotographs(wild) {
  return wild?.views?.flip ?? wild?.views?.one;
}

/** Accuracy on FER-2013's test images, by one of their two labellings. */
function labelled(title, evaluation) {
  const test = evaluation?.tta?.none?.test;
  if (!test) return null;
  const rows = [["All test images", test.n, range(test)]];
  if (test.clean_accuracy) {
    const clean = { accuracy: test.clean_accuracy, accuracy_ci95: test.clean_accuracy_ci95 };
    rows.push(["Without images that have a copy in training", test.clean_n, range(clean)]);
  }
  return section(title, table(["", "images", "correct (95 % interval)"], rows));
}

function byEmotion(card) {
  const perClass = (card.ferplus ?? card.evaluation)?.tta?.none?.test?.per_class;
  if (!perClass) return null;
  const rows = Object.entries(perClass).map(([name, { precision, recall, support }]) => [
    name,
    support,
    share(recall),
    share(precision),
  ]);
  const labels = card.ferplus ? "FER+" : "FER-2013";
  return section(`By emotion, by ${labels}`, table(["", "images", "recognised", "answers correct"], rows));
}

function confidence({ wild, calibration, uncertain_below: below }) {
  const found = onPhotographs(wild);
  const test = calibration?.test;
  const rows = [];
  if (found?.uncertain) {
    rows.push(["Mean difference between confidence and accuracy", share(found.ece)]);
    rows.push([`Marked as uncertain (below ${percent(below)})`, share(found.uncertain.share)]);
    rows.push(["Of those, wrong", share(found.uncertain.wrong)]);
    rows.push(["Of the others, wrong", share(found.uncertain.wrong_of_rest)]);
  } else if (test) {
    rows.push(["Mean difference between confidence and accuracy", share(test.ece)]);
    rows.push([`Marked as uncertain (below ${percent(below)})`, share(1 - test.kept)]);
    rows.push(["Of the others, correct", share(test.accuracy)]);
  }
  return rows.length ? section("Reliability of its confidence", table([], rows)) : null;
}

function degraded({ wild }) {
  const rows = Object.entries(wild?.degraded ?? {}).map(([name, found]) => [damage(name), range(found)]);
  return rows.length ? section("On the same photographs, degraded", table([], rows)) : null;
}

/** Return words for the name of a degradation, such as `blur=0.7`. */
function damage(name) {
  const [kind, value] = name.split("=");
  const words = {
    detail: `Faces reduced to ${value} pixels`,
    blur: `Blurred by ${value} pixels`,
    jpeg: `JPEG of quality ${value}`,
    light: `Brightness times ${value}`,
  };
  return words[kind] ?? name.replace("=", " ");
}

function limits() {
  return element(
    "p",
    { class: "hint" },
    "Figures hold for pictures like those that were measured, named by people, who themselves often disagree. " +
      "Side views, covered or small faces, poor light, children and people whom the training pictures show rarely " +
      "are read less well.",
  );
}

function section(title, ...content) {
  return element("section", { class: "card-section" }, element("h3", {}, title), ...content.filter(Boolean));
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

/** An accuracy with its interval. */
function range({ accuracy, accuracy_ci95: interval }) {
  return interval ? `${share(accuracy)} (${share(interval[0])} to ${share(interval[1])})` : share(accuracy);
}

function share(value) {
  return typeof value === "number" ? `${(100 * value).toFixed(1)} %` : "";
}
