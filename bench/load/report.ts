/** Several runs of a scenario as one line: medians, and every mistake. */
import type { Measured, Result, Wrong } from "./run.ts";

export interface Report {
  readonly scenario: string;
  readonly backend: string;
  readonly medians: Measured;
  /** Of all runs together. */
  readonly wrong: Wrong;
  readonly runs: readonly Result[];
}

interface Column {
  readonly title: string;
  readonly digits: number;
}

const COLUMNS: { readonly [name in keyof Measured]: Column } = {
  acknowledged: { title: "acknowledged/s", digits: 0 },
  delivered: { title: "delivered/s", digits: 0 },
  p50: { title: "p50 ms", digits: 2 },
  p99: { title: "p99 ms", digits: 2 },
  p999: { title: "p999 ms", digits: 2 },
  deliveredP50: { title: "delivery p50 ms", digits: 2 },
  deliveredP99: { title: "delivery p99 ms", digits: 2 },
  cpuUs: { title: "server CPU µs/text", digits: 1 },
  loadCpu: { title: "load CPU %", digits: 0 },
  rssMb: { title: "RSS MiB", digits: 0 },
  connectionKb: { title: "KiB/connection", digits: 1 },
  resumes: { title: "resumes/s", digits: 0 },
};
const NAMES = Object.keys(COLUMNS) as (keyof Measured)[];

export function summarize(scenario: string, backend: string, runs: readonly Result[]): Report {
  const medians = NAMES.map((name) => [name, median(runs.map(({ measured }) => measured[name]))]);
  const faults = Object.keys(runs[0]!.wrong) as (keyof Wrong)[];
  const wrong = faults.map((name) => [name, runs.reduce((sum, { wrong }) => sum + wrong[name], 0)]);
  return { scenario, backend, medians: Object.fromEntries(medians), wrong: Object.fromEntries(wrong), runs };
}

export function isRight({ wrong }: Report): boolean {
  return Object.values(wrong).every((count) => count === 0);
}

/** The rows of a Markdown table, its head first. */
export function head(): string[] {
  const titles = ["scenario", ...NAMES.map((name) => COLUMNS[name].title), "wrong"];
  return [row(titles), row(titles.map((_, i) => i === 0 ? "---" : "---:"))];
}

export function line(report: Report): string {
  const cells = NAMES.map((name) => number(report.medians[name], COLUMNS[name].digits));
  const wrong = Object.entries(report.wrong).filter(([, count]) => count > 0);
  return row([report.scenario, ...cells, wrong.map(([name, count]) => `${count} ${name}`).join(", ") || "0"]);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function number(value: number, digits: number): string {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
