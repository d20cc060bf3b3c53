/** The look of the citizens' pages, as one file. Contrast at least 7:1; readable from 320 px on; no font is loaded. */
export const styleSheet = `
:root { color-scheme: light; --ink: #14181f; --paper: #fff; --line: #5b6573; --act: #0b4a8f; --bad: #a11212; --good: #0d5c2f; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.125rem/1.5 "Noto Sans", system-ui, sans-serif; overflow-wrap: anywhere; }
header, main, footer { max-width: 40rem; margin: 0 auto; padding: .75rem 1rem; }
header { border-bottom: 3px solid var(--act); font-weight: 700; }
h1 { font-size: 1.6rem; line-height: 1.29; margin: .5rem 0; }
h2 { font-size: 1.25rem; }
.en { display: block; font-size: .9rem; font-weight: 400; color: #3b4552; }
.field { margin: 1.25rem 0; border: 0; padding: 0; min-width: 0; }
label, legend { display: block; font-weight: 700; padding: 0; }
.hint { display: block; margin: .15rem 0; color: #3b4552; }
.fault { display: block; margin: .25rem 0; color: var(--bad); font-weight: 700; }
.fault::before { content: "▲ "; }
input[type=text], input[type=tel], select, textarea { width: 100%; min-height: 3rem; padding: .5rem .75rem; font: inherit; color: inherit; background: var(--paper); border: 2px solid var(--line); border-radius: .375rem; }
textarea { min-height: 9rem; }
[aria-invalid=true] { border-color: var(--bad); border-width: 3px; }
.options { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .35rem; }
.option { display: flex; align-items: center; gap: .6rem; min-height: 3rem; padding: .35rem .9rem .35rem .6rem; border: 2px solid var(--line); border-radius: .375rem; font-weight: 400; }
input[type=radio], input[type=checkbox] { flex: none; width: 1.5rem; height: 1.5rem; margin: 0; }
.agree { display: flex; gap: .75rem; align-items: flex-start; font-weight: 400; }
button { min-height: 3.25rem; padding: .5rem 1.75rem; font: inherit; font-weight: 700; color: #fff; background: var(--act); border: 0; border-radius: .375rem; }
a { color: var(--act); }
:focus-visible { outline: 4px solid #b35900; outline-offset: 2px; }
.notice { border-left: 6px solid var(--line); padding: .25rem .9rem; background: #f2f5f9; }
.faults { border: 3px solid var(--bad); padding: .25rem 1rem; }
.done { border: 4px solid var(--good); padding: .25rem 1rem; }
.done h1 { color: var(--good); }
.number { font-size: 1.4rem; font-weight: 700; letter-spacing: .05em; }
.card { width: 100%; max-width: 20rem; border: 2px solid var(--ink); border-radius: .5rem; padding: 1rem; text-align: center; }
.card svg { display: block; width: 100%; height: auto; }
h3 { font-size: 1.1rem; margin: 1.25rem 0 .25rem; }
pre { max-height: 30rem; overflow: auto; padding: .75rem; background: #f2f5f9; font-size: .9rem; }
footer ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
footer a { display: inline-block; padding: .5rem 0; }
@media print {
  header, footer, .screen { display: none; }
  .card { width: 8.6cm; max-width: none; break-inside: avoid; }
}
`;
