import { type ForwarderLimits, forwarderLimits } from '@portcullis/gateway/forwarder'
import { type ListenerLimits, listenerLimits } from '@portcullis/gateway/listener'
import type { Settings } from './settings.ts'

/** The limits of the listener, as the settings have them. */
export function listenerLimitsOf(settings: Settings): ListenerLimits {
  return {
    ...listenerLimits,
    maxHeadBytes: settings.gatewayMaxHeadBytes,
    maxFields: settings.gatewayMaxFields,
    maxTargetBytes: settings.gatewayMaxTargetBytes,
    maxBodyBytes: settings.gatewayMaxBodyBytes,
    maxTrailerBytes: settings.gatewayMaxTrailerBytes,
    headTimeoutMillis: settings.gatewayHeadTimeout.milliseconds,
    requestTimeoutMillis: settings.gatewayRequestTimeout.milliseconds,
    minBodyBytesPerSecond: settings.gatewayMinBodyBytesPerSecond,
    bodyWindowMillis: settings.gatewayBodyWindow.milliseconds,
    keepAliveMillis: settings.gatewayKeepAlive.milliseconds,
    stallTimeoutMillis: settings.gatewayStallTimeout.milliseconds,
    maxWaitingBytes: settings.gatewayMaxWaitingBytes,
    maxAheadBytes: settings.gatewayMaxAheadBytes,
    maxDiscardBytes: settings.gatewayMaxDiscardBytes,
    lingerMillis: settings.gatewayLinger.milliseconds,
    maxLingerBytes: settings.gatewayMaxLingerBytes,
    maxConnections: settings.gatewayMaxConnections,
    maxConnectionsPerAddress: settings.gatewayMaxConnectionsPerAddress,
  }
}

/** Those of the forwarder. */
export function forwarderLimitsOf(settings: Settings): ForwarderLimits {
  return {
    ...forwarderLimits,
    connectTimeoutMillis: settings.upstreamConnectTimeout.milliseconds,
    headTimeoutMillis: settings.upstreamHeadTimeout.milliseconds,
    bodyIdleTimeoutMillis: settings.upstreamBodyIdleTimeout.milliseconds,
    eventStreamIdleTimeoutMillis: settings.upstreamEventStreamIdleTimeout.milliseconds,
    maxConnectionsPerOrigin: settings.upstreamMaxConnections,
    maxWaitingPerOrigin: settings.upstreamMaxWaiting,
    waitTimeoutMillis: settings.upstreamWaitTimeout.milliseconds,
    keepAliveMillis: settings.upstreamKeepAlive.milliseconds,
    maxHeadBytes: settings.upstreamMaxHeadBytes,
  }
}
