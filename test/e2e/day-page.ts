/** A command as the page shows it, and what the page says that it answers; `…` stands for anything. */
export type Step = { readonly command: string; readonly answer: string };

/** The page's commands in their order, for the terminal that stays free. */
export function stepsOf(page: string): readonly Step[] {
  const blocks = [...page.matchAll(/^```console\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, block = ""]) => stepsOfBlock(block));
}

function stepsOfBlock(block: string): readonly Step[] {
  return block
    .split(/^\$ /m)
    .filter((part) => part !== "")
    .map((part) => {
      const lines = part.replace(/\n$/, "").split("\n");
      const end = lines.findIndex((line, index) => index > 0 && !line.startsWith("> "));
      const typed = end === -1 ? lines : lines.slice(0, end);
      const [first = "", ...more] = typed;
      return {
        command: [first, ...more.map((line) => line.slice(2))].join("\n"),
        answer: end === -1 ? "" : lines.slice(end).join("\n"),
      };
    });
}

/** True when `said` is what the page says, sign by sign outside of each `…`. */
export function isAsShown(said: string, answer: string): boolean {
  const parts = answer.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[\\s\\S]*?")}$`).test(said);
}
