/** The verdict for people: two tables, and each finding. */
import type { Finding, Offence } from "./evidence.ts";
import type { Verdict } from "./torture.ts";

const OFFENCES: readonly Offence[] = [
  "lost",
  "doubled",
  "out of order",
  "hole",
  "wrong",
  "not a member's",
  "ghost",
];
/** The first ones say what is wrong; the rest repeat it. */
const SHOWN_FINDINGS = 25;

export function isRight({ findings, quiet }: Verdict): boolean {
  return findings.length === 0 && quiet.isQuiet;
}

export function report(verdict: Verdict): string[] {
  const { evidence, progress, quiet, findings, kept } = verdict;
  const count = (offence: Offence) => findings.filter((finding) => finding.offence === offence).length;
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const lines = [
    ...table(
      ["acknowledged", "delivered", "clients", "chats", ...OFFENCES, "quiet after"],
      [[
        progress.acknowledged,
        progress.delivered,
        evidence.shown.length,
        evidence.stored.chats.length,
        ...OFFENCES.map(count),
        quiet.isQuiet ? seconds(quiet.ms) : "never",
      ]],
    ),
    "",
    ...table(
      ["fault", "times", "longest silence", "longest wait for an acknowledgement"],
      progress.outages().map(({ kind, count, silenceMs, waitMs }) => [
        kind,
        count === 0 ? "–" : count,
        seconds(silenceMs),
        seconds(waitMs),
      ]),
    ),
    "",
    `refused: ${refusals(verdict)}`,
  ];
  if (!quiet.isQuiet) lines.push(`not quiet: ${quiet.left}`);
  lines.push(...findings.slice(0, SHOWN_FINDINGS).map(describe));
  if (findings.length > SHOWN_FINDINGS) lines.push(`… and ${findings.length - SHOWN_FINDINGS} more`);
  if (kept) lines.push(`logs are in ${kept}`);
  return lines;
}

function describe({ offence, chat, seq, sender, cid, about }: Finding): string {
  const place = Object.entries({ chat, seq, sender, cid }).filter(([, value]) => value !== undefined);
  return `${offence}: ${place.map(([name, value]) => `${name} ${value}`).join(", ")}: ${about}`;
}

function refusals({ evidence }: Verdict): string {
  const byCode = Map.groupBy(evidence.refusals, ({ type, code }) => `${type} ${code}`);
  return [...byCode].map(([name, all]) => `${name} ${all.length}`).sort().join(", ") || "nothing";
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---:")), ...rows.map(line)];
}
