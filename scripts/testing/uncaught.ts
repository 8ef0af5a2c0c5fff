/**
 * What the preloaded module prints and the runner looks for.
 *
 * @module
 */

/** Stands in the output of a run that had an uncaught error. */
export const UNCAUGHT = "uncaught error outside of any awaited code:";
