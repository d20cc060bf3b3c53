/**
 * What every Chromium or Edge that shows the screens is started with, besides window mode, profile and address: no
 * traffic of its own, no questions, no gestures that leave the page, sound without a click.
 */
export const chromiumFlags: readonly string[] = [
  "--no-first-run",
  "--no-default-browser-check",
  "--noerrdialogs",
  "--hide-crash-restore-bubble",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--disable-domain-reliability",
  "--disable-features=Translate,MediaRouter,OptimizationHints,AutofillServerCommunication,CalculateNativeWinOcclusion",
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--disable-pinch",
  "--overscroll-history-navigation=0",
  "--password-store=basic",
  "--disable-breakpad",
  "--metrics-recording-only",
];
