/** Several measurements of the same figures as one. */

export type Figures<Name extends string = string> = Readonly<Record<Name, number>>;

/** Of those that are numbers; without any, it is none either. */
export function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Of each figure the median. */
export function medians<Name extends string>(all: readonly Figures<Name>[]): Figures<Name> {
  const names = Object.keys(all[0]!) as Name[];
  const values = (name: Name) => all.map((figures) => figures[name]);
  return Object.fromEntries(names.map((name) => [name, median(values(name))])) as Figures<Name>;
}

/** Row by row. */
export function mediansOfRows<Name extends string>(
  all: readonly Readonly<Record<string, Figures<Name>>>[],
): Record<string, Figures<Name>> {
  const names = Object.keys(all[0]!);
  return Object.fromEntries(names.map((name) => [name, medians(all.map((rows) => rows[name]!))]));
}
