/** What the app asked of Electron besides its window. */
export type Recorded = {
  scheme?: unknown;
  isSandboxed?: true;
  menu?: unknown;
  blocker?: string;
  exitCode?: number;
  onRequest?: (contents: null, name: string, answer: (isGranted: boolean) => void) => void;
  onCheck?: () => boolean;
  onDevice?: () => boolean;
};

/** Answers requests for addresses of a scheme of the app's own. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** The parts of Electron that only take notice: what they were told is kept for the tests. */
export function recordSystem(record: Recorded, handlers: Map<string, Handler>) {
  return {
    Menu: { setApplicationMenu: (menu: unknown) => void (record.menu = menu) },
    powerSaveBlocker: { start: (kind: string) => void (record.blocker = kind) },
    protocol: {
      registerSchemesAsPrivileged: (schemes: unknown) => void (record.scheme = schemes),
      handle: (scheme: string, handler: Handler) => void handlers.set(scheme, handler),
    },
    session: {
      defaultSession: {
        setPermissionRequestHandler: (handler: Recorded["onRequest"] & {}) =>
          void (record.onRequest = handler),
        setPermissionCheckHandler: (handler: () => boolean) => void (record.onCheck = handler),
        setDevicePermissionHandler: (handler: () => boolean) => void (record.onDevice = handler),
      },
    },
    safeStorage: {
      getSelectedStorageBackend: () => "basic_text",
      isAsyncEncryptionAvailable: () => Promise.resolve(false),
    },
  };
}
