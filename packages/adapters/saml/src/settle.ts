import { refused } from '@portcullis/ports/assertions/statement'
import { xmlFaults } from '@portcullis/xml/fault'

/** XML that is none, or too much of it, is a message that does not hold. */
export async function settle<T>(verify: () => T | Promise<T>): Promise<T> {
  try {
    return await verify()
  } catch (thrown) {
    throw refusalOf(thrown)
  }
}

/** The same at once. */
export function settleNow<T>(verify: () => T): T {
  try {
    return verify()
  } catch (thrown) {
    throw refusalOf(thrown)
  }
}

function refusalOf(thrown: unknown): unknown {
  const isOfXml = Object.values(xmlFaults).some((kind) => kind.is(thrown))
  return isOfXml ? refused('it is no XML that we take', thrown) : thrown
}
