import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Changes } from '@portcullis/policy-kit/verdict'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { type WebsocketConfig, websocketContract, websocketFaults } from './contract.ts'
import { isOriginAllowed, offeredIn, splitOffer, termsOf } from './rules.ts'

const PROTOCOL = 'sec-websocket-protocol'
/** RFC 9110 §15.5.22: what to change to. */
const WEBSOCKET = ['Upgrade', 'websocket']

/** Lets a connection change to WebSocket; without this policy it does not. Who may call is for the steps after it. */
export const websocket: Policy<WebsocketConfig> = {
  contract: websocketContract,
  needs: [],
  bind(config) {
    const terms = termsOf(config)

    function judge(x: Exchange): Verdict {
      const { headers } = x.request
      if (!isOriginAllowed(config.origins, headers.all('origin'))) {
        return refuse(websocketFaults['origin-refused']())
      }
      const offered = offeredIn(headers.all(PROTOCOL))
      const offer = splitOffer(offered, config.tokenPrefix)
      if (offer === undefined || (offer.token !== undefined && headers.has('authorization'))) {
        return refuse(websocketFaults['bad-token']())
      }
      const { token } = offer
      const { subprotocols } = config
      const protocols =
        subprotocols === undefined
          ? offer.protocols
          : offer.protocols.filter((each) => subprotocols.includes(each))
      // Browsers give a connection up that takes none of what they offered: the token alone can't be answered.
      if (token !== undefined && offer.protocols.length === 0) return refuse(websocketFaults['bad-token']())
      if (subprotocols !== undefined && protocols.length === 0) {
        return refuse(websocketFaults['subprotocol-refused']())
      }
      const changes: Changes = {
        webSocket: terms,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(protocols.length !== offered.length && {
          setHeaders: ['Sec-WebSocket-Protocol', protocols.join(', ')],
        }),
      }
      return proceed({ subprotocols: protocols.length, tokenAmongSubprotocols: token !== undefined }, changes)
    }

    return {
      onRequest(x) {
        if (x.match === undefined || x.preflight) return proceed()
        if (x.request.upgrade !== undefined) return judge(x)
        return config.required
          ? refuse(websocketFaults['upgrade-required'](), { headers: WEBSOCKET })
          : proceed()
      },
    }
  },
}
