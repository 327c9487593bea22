// How often the server ended by itself, and whether it is worth another start. Pure.

/** A server that does not live for longer has something wrong with it that a start does not mend. */
const AT_MOST = 4;
const WITHIN_MS = 3 * 60 * 1000;

export class Crashes {
  private times: readonly number[] = [];

  /** Note that it ended; return whether it is started again. */
  count(now: number): boolean {
    this.times = [...this.times.filter((time) => now - time < WITHIN_MS), now];
    return this.times.length <= AT_MOST;
  }

  forget(): void {
    this.times = [];
  }
}
