import type { Note } from "#renderer/board.ts";
import type { Store } from "#renderer/store.ts";
import type { StationTexts } from "#ui/texts/texts.ts";

/** A short answer to the guard, for some seconds, in a line of its own. */
export function NoteLine({ store }: { readonly store: Store }) {
  const { note } = store.board.value;
  return (
    <p class={note === null ? "note is-empty" : "note"} role="status">
      {note === null ? "" : noteText(note.note, store.texts.value)}
    </p>
  );
}

function noteText(note: Note, { notes }: StationTexts): string {
  switch (note.kind) {
    case "undone":
      return notes.undone;
    case "nothing-to-undo":
      return notes.nothingToUndo;
    case "too-late":
      return notes.tooLate;
    case "not-saved":
      return notes.notSaved;
    case "not-read":
      return notes.notRead;
    case "no-answer":
      return notes.noAnswer;
    case "acknowledged":
      return notes.acknowledged;
    case "scanner-back":
      return notes.scannerBack;
    case "held":
      return notes.held;
    case "silenced":
      return notes.silenced;
    case "direction-set":
      return notes.directionSet(note.direction);
  }
}
