import { type ForwarderLimits, forwarderLimits } from '@portcullis/gateway/forwarder/forwarder'
import { type ListenerLimits, listenerLimits } from '@portcullis/gateway/listener/listener'
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
    http2: {
      ...listenerLimits.http2,
      maxHeadBytes: settings.gatewayHttp2MaxHeadBytes,
      streamIdleMillis: settings.gatewayHttp2StreamIdle.milliseconds,
      maxStreams: settings.gatewayHttp2MaxStreams,
      maxRequestsPerConnection: settings.gatewayHttp2MaxRequestsPerConnection,
      windowBytes: settings.gatewayHttp2WindowBytes,
      maxSessionMegabytes: settings.gatewayHttp2MaxSessionMegabytes,
      maxResets: settings.gatewayHttp2MaxResets,
      resetsPerSecond: settings.gatewayHttp2ResetsPerSecond,
      maxControlFrames: settings.gatewayHttp2MaxControlFrames,
      controlFramesPerSecond: settings.gatewayHttp2ControlFramesPerSecond,
      maxOverheadBytes: settings.gatewayHttp2MaxOverheadBytes,
      overheadBytesPerSecond: settings.gatewayHttp2OverheadBytesPerSecond,
      maxInvalidFrames: settings.gatewayHttp2MaxInvalidFrames,
    },
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
    maxFields: settings.upstreamMaxFields,
    maxTrailerBytes: settings.upstreamMaxTrailerBytes,
    maxInterimResponses: settings.upstreamMaxInterimResponses,
    maxKeepAliveMillis: settings.upstreamMaxKeepAlive.milliseconds,
    maxConnectionAgeMillis: settings.upstreamMaxConnectionAge.milliseconds,
    http2: {
      ...forwarderLimits.http2,
      maxStreamsPerSession: settings.upstreamHttp2MaxStreams,
      streamIdleMillis: settings.upstreamHttp2StreamIdle.milliseconds,
      keepAliveMillis: settings.upstreamHttp2KeepAlive.milliseconds,
      pingMillis: settings.upstreamHttp2Ping.milliseconds,
      pingTimeoutMillis: settings.upstreamHttp2PingTimeout.milliseconds,
      windowBytes: settings.upstreamHttp2WindowBytes,
    },
  }
}
