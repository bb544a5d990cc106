import { addressesOf, issuerOf } from '../composition/address.ts'
import { fetchToken } from '../local/fetch-token.ts'
import { readSecretFile, secretFile } from '../local/secret-file.ts'
import { type Command, commandFaults, option, owned } from './command.ts'

export const token: Command = {
  name: 'token',
  summary: 'Fetch an access token for an app whose secret lies in the home folder, and print it',
  usage: 'ORGANIZATION/APP [--scope "SCOPE …"] [--resource URL]',
  options: {
    scope: { type: 'string', meaning: 'The scopes, parted by spaces; none when absent.' },
    resource: {
      type: 'string',
      meaning: 'The API for which it is, by its URL; needed where the app may call several.',
    },
  },
  examples: ['token hmart/stock-viewer --scope list_items'],
  async run(call) {
    const { organization, name: app } = owned(call, 'ORGANIZATION/APP')
    const file = secretFile.app(call.settings.home, organization, app)
    const secret = readSecretFile(file)
    if (secret === undefined) {
      throw commandFaults.unauthorized({
        detail: `There is no secret in ${file}.`,
        remedy: `Mend the spelling, or issue one that is kept there: npx portcullis credential issue ${organization}/${app} --keep`,
      })
    }
    const access = await fetchToken({
      tokenUrl: `${issuerOf(addressesOf(call.settings), organization)}/token`,
      client: app,
      secret,
      scope: option(call, 'scope'),
      resource: option(call, 'resource'),
    })
    call.print(access.text)
    return 0
  },
}
