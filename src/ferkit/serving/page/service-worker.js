/**
 * Keeps the page's files, so that an installed page works without a network.
 *
 * Small files come from the network as long as there is one, so a new version shows at once. Networks and ONNX Runtime
 * have addresses that change with their content (`?v=...`): once here, they are never asked for again.
 */

// All pages of an origin share its caches.
const CACHE = `ferkit ${self.registration.scope}`;
const NETWORK_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(precache());
  self.skipWaiting();
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const here = new URL(self.registration.scope);
  const ours = url.origin === here.origin && url.pathname.startsWith(here.pathname);
  const path = url.pathname.slice(here.pathname.length);
  if (request.method !== "GET" || !ours || isApi(path)) return;
  event.respondWith(url.searchParams.has("v") ? cacheFirst(request) : networkFirst(request));
});

/** What a server computes is never kept. */
function isApi(path) {
  return /^(v1|docs|openapi\.json|healthz|readyz|metrics)(\/|$)/.test(path);
}

/** Fetch what the page needs to start and to compute with its default model; other models are kept when used. */
async function precache() {
  const cache = await caches.open(CACHE);
  const config = await (await fetch("page.json", { cache: "no-cache" })).json();
  const model = config.models.find(({ name }) => name === config.default_model);
  await cache.addAll(["./", "page.json", ...config.shell, config.runtime.url, config.detector.url, model.url]);
  const wanted = new Set([config.runtime.url, config.detector.url, ...config.models.map(({ url }) => url)]);
  await dropOutdated(cache, wanted);
}

/** Drop networks of an earlier version. */
async function dropOutdated(cache, wanted) {
  const addresses = new Set([...wanted].map((url) => new URL(url, self.registration.scope).href));
  for (const { url } of await cache.keys()) {
    if (new URL(url).searchParams.has("v") && !addresses.has(url)) await cache.delete(url);
  }
}

async function cacheFirst(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request)) ?? kept(cache, request, await fetch(request));
}

async function networkFirst(request) {
  const cache = await caches.open(CACHE);
  const cached = await cache.match(request, { ignoreSearch: true });
  if (!cached) return kept(cache, request, await fetch(request));
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(NETWORK_MS) });
    if (response.status >= 500) return cached; // the server is being restarted
    await response.clone().arrayBuffer(); // whole within that time, since the end of it breaks off what still comes
    return kept(cache, request, response);
  } catch {
    return cached;
  }
}

/** Put a copy of a good answer aside and hand it on. */
function kept(cache, request, response) {
  if (response.ok) cache.put(request, response.clone()).catch(() => {}); // there is no room: it works, online
  return response;
}
