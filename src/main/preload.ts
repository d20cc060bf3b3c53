import { contextBridge, ipcRenderer } from "electron";
import type { TextChannel } from "#contract/bridge.ts";

/** The same name as in the shell; a sandboxed preload may load nothing but `electron`. */
const BRIDGE_CHANNEL = "tramqr:bridge";

/** One fixed channel of strings: no object of Electron ever reaches the page. */
const stationBridge: TextChannel = {
  send(frame) {
    if (typeof frame === "string") ipcRenderer.send(BRIDGE_CHANNEL, frame);
  },
  onFrame(listener) {
    ipcRenderer.on(BRIDGE_CHANNEL, (_event, frame: unknown) => {
      if (typeof frame === "string") listener(frame);
    });
  },
};

contextBridge.exposeInMainWorld("stationBridge", stationBridge);
