import type { Assertions } from '@portcullis/ports/assertions/port'

/**
 * Assertions whose verifier, with all that it takes to hold XML to its signatures, is loaded when one comes for the first time:
 * most gateways never see one, and each thread would have it.
 */
export function lateAssertions(): Pick<Assertions, 'verify'> {
  let opening: Promise<Assertions> | undefined
  return {
    async verify(...asked) {
      opening ??= import('@portcullis/saml/assertions').then((loaded) => loaded.openAssertions())
      return (await opening).verify(...asked)
    },
  }
}
