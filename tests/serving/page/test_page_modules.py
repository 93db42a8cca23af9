"""Modules of the page alone, in a browser: answers that are late, broken or of another model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_server import serve_page

from ferkit.serving import page_files as module
from ferkit.serving.page_files import PageFile

pytestmark = [
    pytest.mark.slow,
    pytest.mark.enable_socket,  # playwright uses one to control the browser
]

FOLDER = Path(module.__file__).parent / "page"
BLANK = (
    b"<!doctype html><link rel=icon href=data:,><dialog id=token><input id=token-value></dialog>"
)

TOKENS = """async () => {
  const { askForToken, token } = await import("/js/token.js");
  const [dialog, field] = ["token", "token-value"].map((id) => document.getElementById(id));
  dialog.returnValue = "ok"; // of an earlier question
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error("no answer")), 3000));
  const both = Promise.race([Promise.all([askForToken(), askForToken()]), late]);
  field.value = "secret";
  dialog.close("ok");
  const given = [...await both, token()];
  const third = askForToken();
  field.value = "half a tok";
  dialog.close(); // by Escape
  return [...given, await third];
}"""

TABLE = """async () => {
  const { makeFaces } = await import("/js/faces.js");
  const { makeRecord, toCsv } = await import("/js/records.js");
  const record = (emotions, probabilities) => {
    const face = { box: [0, 0, 9, 9], score: 1, probabilities };
    return makeRecord("camera", makeFaces([9, 9], emotions, 0, [face]), 0);
  };
  return toCsv([record(["happy"], [1]), record(["happy", "contempt"], [0.25, 0.75])], ["happy"]);
}"""

# A worker that answers nothing by itself.
CHOICES = """async () => {
  const { BrowserRecognizer } = await import("/js/browser_recognizer.js");
  const sent = [];
  let answer;
  const worker = {
    addEventListener(name, listener) {
      if (name === "message") answer = (id) => listener({ data: { id, result: {} } });
    },
    postMessage: (message) => sent.push(message),
  };
  const file = { url: "x" };
  const recognizer = new BrowserRecognizer({ runtime: file, detector: file, models: [] }, worker);
  const pause = () => new Promise((resolve) => setTimeout(resolve));
  recognizer.frame(null, { model: "first", classes: "usual" }).catch(() => {});
  recognizer.load("second").catch(() => {});
  for (let i = 0; i < 4; i++) {
    for (const { id } of sent.slice()) answer(id);
    await pause();
  }
  return sent.map(({ type, model }) => (model ? `${type} ${model}` : type));
}"""

SERVER = """async () => {
  const { ServerRecognizer } = await import("/js/server_recognizer.js");
  const face = { box: [0, 0, 1, 1], face_score: 1, probabilities: { happy: 1 } };
  const read = { image_size: [9, 9], faces: [face], time_s: 0, error: null };
  const broken = { image_size: null, faces: [], time_s: null, error: "It is cut off." };
  const answers = {
    "v1/videos": { id: "a" },
    "v1/videos/a": { state: "done", rows: "rows", error: "It is cut off." },
    rows: [read, broken],
  };
  const found = (address) => answers[address.split("?")[0]] ?? {};
  window.fetch = async (address) => new Response(JSON.stringify(found(address)));
  window.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    constructor() { setTimeout(() => this.onopen()); }
    send() { setTimeout(() => this.onmessage({ data: JSON.stringify(broken) })); }
    close() {}
  };
  const emotions = ["happy"];
  const model = { name: "m", emotions, known: emotions, uncertain_below: 0 };
  const recognizer = new ServerRecognizer({ models: [model] });
  const chosen = { model: "m" };
  const { looks, problem } = await recognizer.video(new Blob(), chosen, undefined, () => {});
  const frame = await createImageBitmap(new ImageData(9, 9));
  const live = await recognizer.frame(frame, chosen).catch((error) => error.message);
  return [looks.length, problem, live];
}"""

# The service worker with a network that begins to answer and goes on after its patience.
WORKER = """async () => {
  const handlers = {};
  const opened = [];
  const store = { match: async () => new Response("kept"), put: async () => {} };
  const caches = { open: async (name) => { opened.push(name); return store; } };
  const self = {
    registration: { scope: "https://web/a/" },
    addEventListener: (name, handler) => (handlers[name] = handler),
  };
  let network;
  const fetch = (_, { signal } = {}) => network(signal);
  %s
  const asked = async (answer) => {
    network = async (signal) => answer(signal);
    let response;
    const request = { method: "GET", url: "https://web/a/js/main.js" };
    handlers.fetch({ request, respondWith: (given) => (response = given) });
    return (await response).text();
  };
  const slow = (signal) => new Response(new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("half"));
      signal.addEventListener("abort", () => controller.error(signal.reason));
    },
  }));
  const texts = [
    await asked(() => new Response("new")),
    await asked(slow),
    await asked(() => new Response("restarting", { status: 502 })),
  ];
  return [...texts, ...new Set(opened)];
}"""


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    scripts = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.glob("js/**/*.js")}
    files = {name: PageFile("text/javascript", path) for name, path in scripts.items()}
    with serve_page(files | {"index.html": PageFile("text/html", BLANK)}) as url:
        page = browser.new_page()
        page.goto(url)
        yield page
        page.close()


def test_all_requests_wait_for_one_question_for_the_token(page: Any) -> None:
    assert page.evaluate(TOKENS) == [True, True, "secret", False]


def test_a_table_has_the_emotions_of_every_model_of_the_session(page: Any) -> None:
    header, first, second = (line.split(",") for line in page.evaluate(TABLE).splitlines())
    assert header[-2:] == ["p_happy", "p_contempt"]
    assert (first[-2:], second[-2:]) == (["1.0", ""], ["0.25", "0.75"])


def test_a_frame_is_answered_by_the_model_that_it_was_for(page: Any) -> None:
    assert page.evaluate(CHOICES) == [
        "configure",
        *(f"load {n}" for n in ("first", "second", "first")),
        "frame",
    ]


def test_what_a_server_could_not_read_is_said(page: Any) -> None:
    assert page.evaluate(SERVER) == [1, "It is cut off.", "It is cut off."]


def test_kept_files_stand_in_for_a_network_that_stalls(page: Any) -> None:
    source = (FOLDER / "service-worker.js").read_text("utf-8")
    assert source.count("NETWORK_MS = 3000") == 1
    found = page.evaluate(WORKER % source.replace("NETWORK_MS = 3000", "NETWORK_MS = 50"))
    assert found == ["new", "kept", "kept", "ferkit https://web/a/"]
