/** Chance with a seed: everything that a run decides by chance comes from here. */
import { Random } from "../kit/random.ts";

export class Dice extends Random {
  /** True in this share of all throws. */
  chance(share: number): boolean {
    return this.below(1_000_000) < share * 1_000_000;
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** Around `mean`, as the gaps between things that happen independently of each other. */
  gap(mean: number): number {
    return -Math.log(1 - this.below(1_000_000) / 1_000_000) * mean;
  }

  /** One of the names, each as often as its weight says. */
  weighted(weights: readonly (readonly [name: string, weight: number])[]): string {
    let left = this.below(1_000_000) / 1_000_000 * weights.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of weights) if ((left -= weight) < 0) return name;
    return weights.at(-1)![0];
  }

  shuffled<T>(items: readonly T[]): T[] {
    const rest = [...items];
    for (let i = rest.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [rest[i], rest[j]] = [rest[j]!, rest[i]!];
    }
    return rest;
  }

  /** Another one that goes on by itself: what its user asks for changes nothing here. */
  fork(): Dice {
    return new Dice(this.below(2 ** 32));
  }
}
