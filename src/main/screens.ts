import type { RecentView, ScreenEvents, StatusView, VerdictView } from "#contract/bridge.ts";

/** All screens that are attached now; a verdict goes to every one of them. */
export type Screens = {
  subscribe(screen: ScreenEvents): () => void;
  showVerdict(view: VerdictView): void;
  showStatus(view: StatusView): void;
  showRecent(views: readonly RecentView[]): void;
  tick(lane: string): void;
};

export function createScreens(): Screens {
  const attached = new Set<ScreenEvents>();
  return {
    subscribe(screen) {
      attached.add(screen);
      return () => attached.delete(screen);
    },
    showVerdict(view) {
      for (const screen of attached) screen.verdict(view);
    },
    showStatus(view) {
      for (const screen of attached) screen.status(view);
    },
    showRecent(views) {
      for (const screen of attached) screen.recent(views);
    },
    tick(lane) {
      for (const screen of attached) screen.swallowed(lane);
    },
  };
}
