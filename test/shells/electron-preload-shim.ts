/** What a sandboxed preload finds around it, for the double's pages; the built preload replaces the comment. */
export const PRELOAD_SHIM = `(() => {
  const listeners = new Map(), toMain = window.toMain;
  window.deliver = ([channel, frame]) => listeners.get(channel)?.({}, frame);
  const ipcRenderer = {
    send: (channel, frame) => void toMain(channel, frame),
    on: (channel, listener) => void listeners.set(channel, listener),
  };
  const contextBridge = {
    exposeInMainWorld: (name, value) => Object.defineProperty(window, name, { value: Object.freeze(value) }),
  };
  const require = (name) => {
    if (name === "electron") return { contextBridge, ipcRenderer };
    throw new Error("a sandboxed preload may not require " + name);
  };
  const module = { exports: {} }, exports = module.exports;
  /* preload */
})()`;
