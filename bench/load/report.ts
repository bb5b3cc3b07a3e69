/** Several runs of a scenario as rows of a Markdown table: medians, and every mistake. */
import { describe, isNothing, sumOf, type Wrong } from "./account.ts";
import type { Column, Result } from "./bench.ts";
import { type Figures, mediansOfRows } from "./medians.ts";

export interface Report {
  readonly scenario: string;
  readonly backend: string;
  readonly medians: Readonly<Record<string, Figures>>;
  /** Of all runs together. */
  readonly wrong: Wrong;
  readonly runs: readonly Result[];
}

type Columns = Readonly<Record<string, Column>>;

export function summarize(scenario: string, backend: string, runs: readonly Result[]): Report {
  const medians = mediansOfRows(runs.map(({ rows }) => rows));
  return { scenario, backend, medians, wrong: sumOf(runs.map(({ wrong }) => wrong)), runs };
}

export function isRight({ wrong }: Report): boolean {
  return isNothing(wrong);
}

/** The rows of a Markdown table, its head first. */
export function head(columns: Columns): string[] {
  const titles = ["scenario", ...Object.values(columns).map(({ title }) => title), "wrong"];
  return [row(titles), row(titles.map((_, i) => i === 0 ? "---" : "---:"))];
}

export function lines({ medians, wrong }: Report, columns: Columns): string[] {
  return Object.entries(medians).map(([name, figures]) => {
    const cells = Object.entries(columns).map(([column, { digits }]) => number(figures[column]!, digits));
    return row([name, ...cells, describe(wrong)]);
  });
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function number(value: number, digits: number): string {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
