import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";

/** One file of the screens, as it is sent. */
export type ScreenFile = { readonly body: Buffer<ArrayBuffer>; readonly contentType: string };

/** All files of the screens by URL path; `/` is the page itself. */
export type ScreenFiles = ReadonlyMap<string, ScreenFile>;

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** The built screens are not there: `electron-vite build` has not run, or the folder is wrong. */
export class ScreensMissing extends Error {
  override readonly name = "ScreensMissing";
}

/**
 * Reads the closed set of files once, so that nothing of a request ever reaches the disk. Throws {@link ScreensMissing}
 * when there is no page in `folder`.
 */
export async function readScreenFiles(folder: string): Promise<ScreenFiles> {
  const files = new Map<string, ScreenFile>();
  for (const path of await filesBelow(folder)) {
    const contentType = contentTypes[extname(path)];
    if (contentType === undefined) continue;
    const urlPath = `/${relative(folder, path).split(sep).join("/")}`;
    files.set(urlPath, { body: await readFile(path), contentType });
  }
  const page = files.get("/index.html");
  if (page === undefined) throw new ScreensMissing(folder);
  return files.set("/", page);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (cause) {
    throw new ScreensMissing(folder, { cause });
  }
}

/** Headers of every answer with a file. `connectSource` is the only place the page may talk to, such as `ws://…`. */
export function screenHeaders(connectSource: string): Readonly<Record<string, string>> {
  return {
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      "media-src 'self'",
      `connect-src ${connectSource}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy":
      "camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), bluetooth=(), display-capture=(), payment=()",
    "cache-control": "no-store",
  };
}
