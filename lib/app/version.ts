/** The version that `--version` and the changelog name. */
export const VERSION = "0.2.0";
