/** The page without a network: registers what keeps its files. */

/** Where a browser refuses (a private window, an insecure address) the page works on, with a network alone. */
export function keepForOffline() {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  navigator.serviceWorker.register("service-worker.js").catch(() => {});
}
