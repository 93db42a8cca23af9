/** The page without a network: registers what keeps its files. */

/** If a browser refuses (a private window, an insecure address), the page works only with a network. */
export function keepForOffline() {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  navigator.serviceWorker.register("service-worker.js").catch(() => {});
}
