import { refused } from '@portcullis/ports/assertions/statement'
import { xmlFaults } from '@portcullis/xml/fault'

/** XML that is none, or too much of it, is a message that does not hold. */
export async function settle<T>(verify: () => T | Promise<T>): Promise<T> {
  try {
    return await verify()
  } catch (thrown) {
    if (Object.values(xmlFaults).some((kind) => kind.is(thrown)))
      throw refused('it is no XML that we take', thrown)
    throw thrown
  }
}
