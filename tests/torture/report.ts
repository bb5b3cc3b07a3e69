/** The verdict for people, as Markdown: three tables, and each finding; and for programs, as JSON. */
import type { Finding, Offence } from "./evidence.ts";
import type { Course } from "./health.ts";
import type { Options } from "./options.ts";
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
  const { evidence, progress, health, quiet, findings, kept } = verdict;
  const count = (offence: Offence) => findings.filter((finding) => finding.offence === offence).length;
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
      ["fault", "times", "nobody got anything", "one client got nothing", "wait for an acknowledgement"],
      progress.outages().map(({ fault, count, silenceMs, unservedMs, waitMs }) => [
        fault,
        count === 0 ? "–" : count,
        ...[silenceMs, unservedMs, waitMs].map(seconds),
      ]),
    ),
    "",
    "The longest times. A fault's consequences count until the next one begins, for 30 s at most.",
    "",
    ...healthLines(health),
    `Slow readers stopped ${progress.stops} times.`,
    "",
    `Refused: ${
      Object.entries(refusals(verdict)).map(([name, count]) => `${name} ${count}`).join(", ") || "nothing"
    }.`,
  ];
  if (!quiet.isQuiet) lines.push("", `Not quiet: ${quiet.left}.`);
  if (findings.length > 0) {
    lines.push(
      "",
      ...findings.slice(0, SHOWN_FINDINGS).map((each) => `- ${describe(each)}`),
    );
  }
  if (findings.length > SHOWN_FINDINGS) lines.push(`- … and ${findings.length - SHOWN_FINDINGS} more`);
  if (kept) lines.push("", `Logs are in ${kept}`);
  return lines;
}

/** Everything that the report says, and every finding. */
export function toJson(options: Options, verdict: Verdict): string {
  const { about, evidence, progress, health, quiet, findings, kept } = verdict;
  const { acknowledged, delivered } = progress;
  const counts = {
    acknowledged,
    delivered,
    clients: evidence.shown.length,
    chats: evidence.stored.chats.length,
  };
  const { place, ...others } = options;
  const json = {
    isRight: isRight(verdict),
    about,
    options: { ...others, at: place?.address }, // the database's address may contain a password
    ...counts,
    quiet,
    outages: progress.outages(),
    health,
    refused: refusals(verdict),
    findings,
    kept,
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

/** Nothing for servers that are not ours. */
function healthLines(health: Verdict["health"]): string[] {
  if (health.length === 0) return [];
  const head = ["starts", "longest life", "memory early", "end", "most", "descriptors early", "end", "most"];
  return [
    ...table(
      ["server", ...head, "ping median", "p99"],
      health.map(({ server, lives, longestMs, memoryBytes, descriptors, ping }) => [
        server,
        lives,
        seconds(longestMs),
        ...courseOf(memoryBytes).map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`),
        ...courseOf(descriptors),
        ...[ping.medianMs, ping.p99Ms].map((ms) => `${ms.toFixed(1)} ms`),
      ]),
    ),
    "",
    "Memory and descriptors are those of the process that lived longest: after a tenth of its life, at its end, at most. " +
    "Pings are those outside of faults.",
    "",
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function courseOf({ early, end, most }: Course): number[] {
  return [early, end, most];
}

function describe({ offence, chat, seq, sender, cid, about }: Finding): string {
  const place = Object.entries({ chat, seq, sender, cid }).filter(([, value]) => value !== undefined);
  return `${offence}: ${place.map(([name, value]) => `${name} ${value}`).join(", ")}: ${about}`;
}

/** How often, by request and code. */
function refusals({ evidence }: Verdict): Record<string, number> {
  const byCode = Map.groupBy(evidence.refusals, ({ type, code }) => `${type} ${code}`);
  return Object.fromEntries([...byCode].map(([name, all]) => [name, all.length] as const).sort());
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---:")), ...rows.map(line)];
}
