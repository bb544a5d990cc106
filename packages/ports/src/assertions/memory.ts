import type { AssertionDemands, Assertions, VerifiedAssertion } from './port.ts'
import { holdToDemands, refused, type Statement } from './statement.ts'

export interface MemoryAssertions {
  readonly assertions: Assertions
  /** Has an issuer say something: the element stands for the signed one, wherever it is carried. */
  issue(statement: Statement): string
}

/** Assertions that a test issues itself. Any other text is refused, as XML is that nobody signed. */
export function openMemoryAssertions(): MemoryAssertions {
  const issued = new Map<string, Statement>()

  async function verify(text: string, demands: AssertionDemands): Promise<VerifiedAssertion> {
    const said = issued.get(/^<Assertion [^>]*ID="(issued-\d+)"[^>]*\/>$/.exec(text)?.[1] ?? '')
    if (said === undefined) throw refused('nobody issued it')
    if (!demands.issuers.some(({ name }) => name === said.issuer)) throw refused('its issuer is not trusted')
    if (demands.mustBeEncrypted === true) throw refused('it is not encrypted')
    return holdToDemands(said, demands)
  }

  return {
    assertions: {
      verify,
      verifyResponse: verify,
      sign: (xml, { certificate }) => `${xml}<!-- signed by ${certificate} -->`,
    },
    issue(statement) {
      const id = `issued-${issued.size}`
      issued.set(id, statement)
      return `<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}"/>`
    },
  }
}
