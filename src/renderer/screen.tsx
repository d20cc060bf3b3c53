import { createBannerLine, createHeader, createRecentList } from "#renderer/frame.tsx";
import { createFooter } from "#renderer/footer.tsx";
import type { Action } from "#renderer/keys.ts";
import { createStageArea } from "#renderer/stage-area.tsx";
import type { Store } from "#renderer/store.ts";

/** The whole station screen over a store; `act` does what keys and buttons say. */
export function createScreen(store: Store, act: (action: Action) => void) {
  const Header = createHeader(store);
  const BannerLine = createBannerLine(store);
  const StageArea = createStageArea(store);
  const RecentList = createRecentList(store);
  const Footer = createFooter(store, act);
  return function Screen() {
    return (
      <div class="screen">
        <Header />
        <BannerLine />
        <div class="body">
          <StageArea />
          <RecentList />
        </div>
        <Footer />
      </div>
    );
  };
}
