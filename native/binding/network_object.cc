#include "native/binding/network_object.h"

#include "native/binding/errors.h"
#include "native/host/link_listing.h"
#include "native/host/route_listing.h"

namespace nettrace {
namespace {

Napi::Value bytes_of(Napi::Env env, const std::string& text) {
  return Napi::Buffer<char>::Copy(env, text.data(), text.size());
}

Napi::Object counters_of(Napi::Env env, const rtnl_link_stats64& counters) {
  Napi::Object row = Napi::Object::New(env);
  const auto set = [&](const char* name, uint64_t value) { row.Set(name, static_cast<double>(value)); };
  set("receivedPackets", counters.rx_packets);
  set("receivedBytes", counters.rx_bytes);
  set("receiveErrors", counters.rx_errors);
  set("receiveDropped", counters.rx_dropped);
  set("receiveMissed", counters.rx_missed_errors);
  set("receiveOverruns", counters.rx_fifo_errors);
  set("receiveFrame",
      counters.rx_length_errors + counters.rx_over_errors + counters.rx_crc_errors + counters.rx_frame_errors);
  set("sentPackets", counters.tx_packets);
  set("sentBytes", counters.tx_bytes);
  set("sendErrors", counters.tx_errors);
  set("sendDropped", counters.tx_dropped);
  set("sendOverruns", counters.tx_fifo_errors);
  set("sendCarrier", counters.tx_carrier_errors + counters.tx_aborted_errors + counters.tx_window_errors +
                         counters.tx_heartbeat_errors);
  set("collisions", counters.collisions);
  set("multicast", counters.multicast);
  return row;
}

}  // namespace

Napi::Value list_links_js(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto listing = list_links();
  if (!listing) throw to_js_error(env, listing.error());
  Napi::Array links = Napi::Array::New(env);
  for (const LinkRow& link : listing.value().links) {
    Napi::Object row = Napi::Object::New(env);
    row.Set("name", bytes_of(env, link.name));
    row.Set("index", link.index);
    row.Set("flags", link.flags);
    row.Set("mtu", link.mtu);
    row.Set("queueLength", link.queue_length);
    row.Set("type", link.type);
    row.Set("hardware", bytes_of(env, link.hardware));
    row.Set("counters", counters_of(env, link.counters));
    links.Set(links.Length(), row);
  }
  Napi::Array addresses = Napi::Array::New(env);
  for (const LinkAddressRow& address : listing.value().addresses) {
    Napi::Object row = Napi::Object::New(env);
    row.Set("index", address.index);
    row.Set("address", address.address.text());
    row.Set("peer", address.peer.text());
    row.Set("broadcast", address.broadcast.text());
    row.Set("prefixLength", address.prefix_length);
    row.Set("scope", address.scope);
    row.Set("label", bytes_of(env, address.label));
    addresses.Set(addresses.Length(), row);
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("links", links);
  result.Set("addresses", addresses);
  return result;
}

Napi::Value list_routes_js(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto routes = list_routes();
  if (!routes) throw to_js_error(env, routes.error());
  Napi::Array list = Napi::Array::New(env, routes.value().size());
  uint32_t place = 0;
  for (const RouteRow& route : routes.value()) {
    Napi::Object row = Napi::Object::New(env);
    row.Set("family", route.v6 ? 6 : 4);
    row.Set("type", route.type);
    row.Set("protocol", route.protocol);
    row.Set("scope", route.scope);
    row.Set("table", route.table);
    row.Set("metric", route.metric);
    row.Set("mtu", route.mtu);
    row.Set("destination", route.destination.text());
    row.Set("prefixLength", route.prefix_length);
    row.Set("source", route.source.is_wildcard() ? env.Null() : Napi::String::New(env, route.source.text()));
    Napi::Array hops = Napi::Array::New(env);
    for (const RouteHop& hop : route.hops) {
      Napi::Object way = Napi::Object::New(env);
      way.Set("gateway", hop.gateway.is_wildcard() ? env.Null() : Napi::String::New(env, hop.gateway.text()));
      way.Set("interface", hop.interface);
      way.Set("weight", hop.weight);
      hops.Set(hops.Length(), way);
    }
    row.Set("hops", hops);
    list.Set(place++, row);
  }
  return list;
}

}  // namespace nettrace
