/**
 * A deadline for what would otherwise be waited for in vain.
 *
 * @module
 */

/**
 * What `work` gives.
 *
 * @throws {Error} if it has given nothing after `seconds`, which are many, for a machine that has much else to do.
 */
export async function within<T>(what: string, work: Promise<T>, seconds = 100): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`${what}: not within ${seconds} seconds`);
    timer = setTimeout(() => reject(error), seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
