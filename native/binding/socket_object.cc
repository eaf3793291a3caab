#include "native/binding/socket_object.h"

#include <algorithm>
#include <optional>

#include "native/binding/column_pack.h"
#include "native/binding/errors.h"
#include "native/engine/socket_survey.h"
#include "native/host/holder_listing.h"

namespace nettrace {
namespace {

Napi::Value bytes_of(Napi::Env env, const std::string& text) {
  return Napi::Buffer<char>::Copy(env, text.data(), text.size());
}

/// Work on a thread of libuv's pool whose answer settles a promise.
class Reading : public Napi::AsyncWorker {
 public:
  explicit Reading(Napi::Env env) : Napi::AsyncWorker(env), promise_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return promise_.Promise(); }

 protected:
  virtual Napi::Value answer(Napi::Env env) = 0;
  void fail(Error error) { error_ = std::move(error); }

  ColumnPack pack_;

 private:
  void OnOK() final {
    if (error_) {
      promise_.Reject(to_js_error(Env(), *error_).Value());
    } else {
      promise_.Resolve(answer(Env()));
    }
  }
  void OnError(const Napi::Error& error) final { promise_.Reject(error.Value()); }

  Napi::Promise::Deferred promise_;
  std::optional<Error> error_;
};

const char* source_name(ListingSource source) {
  switch (source) {
    case ListingSource::kNetlink:
      return "netlink";
    case ListingSource::kProc:
      return "proc";
    case ListingSource::kNone:
      return "none";
  }
  return "none";
}

class TableReading final : public Reading {
 public:
  TableReading(Napi::Env env, const SocketRequest& request) : Reading(env), request_(request) {}

 private:
  void Execute() override {
    listing_ = survey_sockets(request_);
#define NETTRACE_COLUMN(type, field, name) pack_.add(name, columns.field);
    {
      const InetColumns& columns = listing_.inet;
      pack_.table("inet");
#include "native/host/listing_inet.def"
    }
    {
      const MemoryColumns& columns = listing_.memory;
      pack_.table("memory");
#include "native/host/listing_memory.def"
    }
    {
      const TcpInfoColumns& columns = listing_.tcp_info;
      pack_.table("tcpInfo");
#include "native/host/listing_tcp_info.def"
    }
    {
      const UnixColumns& columns = listing_.unix_sockets;
      pack_.table("unix");
#include "native/host/listing_unix.def"
      pack_.add("nameBytes", columns.name.bytes);
      pack_.add("nameEnds", columns.name.ends);
    }
    {
      const PacketColumns& columns = listing_.packet;
      pack_.table("packet");
#include "native/host/listing_packet.def"
    }
#undef NETTRACE_COLUMN
    pack_.pack();
  }

  Napi::Value answer(Napi::Env env) override {
    Napi::Object table = pack_.to_js(env);
    Napi::Array congestion = Napi::Array::New(env);
    for (const std::string& name : listing_.congestion) congestion.Set(congestion.Length(), bytes_of(env, name));
    table.Set("congestion", congestion);
    Napi::Array parts = Napi::Array::New(env);
    for (const ListingPart& part : listing_.parts) {
      Napi::Object row = Napi::Object::New(env);
      row.Set("table", part.table);
      row.Set("source", source_name(part.source));
      row.Set("errno", part.number);
      parts.Set(parts.Length(), row);
    }
    table.Set("parts", parts);
    Napi::Array namespaces = Napi::Array::New(env);
    for (const ListingNamespace& space : listing_.namespaces) {
      Napi::Object row = Napi::Object::New(env);
      row.Set("inode", static_cast<double>(space.inode));
      row.Set("pid", space.pid);
      row.Set("name", bytes_of(env, space.name));
      row.Set("errno", space.number);
      namespaces.Set(namespaces.Length(), row);
    }
    table.Set("namespaces", namespaces);
    table.Set("looked", listing_.looked);
    table.Set("costMs", static_cast<double>(listing_.cost_ns) / 1e6);
    return table;
  }

  SocketRequest request_;
  SocketListing listing_;
};

class OwnersReading final : public Reading {
 public:
  OwnersReading(Napi::Env env, std::string proc_root) : Reading(env), proc_root_(std::move(proc_root)) {}

 private:
  void Execute() override {
    const auto proc = ProcRoot::open(proc_root_);
    if (!proc) return fail(proc.error());
    listing_ = list_holders(proc.value());
    pack_.table("holders");
    pack_.add("inode", listing_.inode);
    pack_.add("process", listing_.process);
    pack_.add("fd", listing_.fd);
    pack_.table("processes");
    pack_.add("pid", listing_.pid);
    pack_.add("nameBytes", listing_.name.bytes);
    pack_.add("nameEnds", listing_.name.ends);
    pack_.add("programBytes", listing_.program.bytes);
    pack_.add("programEnds", listing_.program.ends);
    pack_.pack();
  }

  Napi::Value answer(Napi::Env env) override {
    Napi::Object owners = pack_.to_js(env);
    owners.Set("hidden", listing_.hidden);
    return owners;
  }

  std::string proc_root_;
  HolderListing listing_;
};

/// Queues the work; libuv deletes it when it is done.
template <typename Work, typename Argument>
Napi::Value start(Napi::Env env, Argument&& argument) {
  auto work = std::make_unique<Work>(env, std::forward<Argument>(argument));
  const Napi::Promise promise = work->promise();
  work.release()->Queue();
  return promise;
}

}  // namespace

Napi::Value socket_table_js(const Napi::CallbackInfo& info) {
  const Napi::Value given = info[0];
  if (!given.IsObject()) {
    throw to_js_error(info.Env(), Error{ErrorCode::kInvalidOption, "", 0, "request", "request must be an object"});
  }
  const auto object = given.As<Napi::Object>();
  SocketRequest request;
  const auto read = [&](const char* name, bool& target) {
    const Napi::Value value = object.Get(name);
    if (!value.IsUndefined()) target = value.ToBoolean().Value();
  };
  read("tcp", request.tcp);
  read("udp", request.udp);
  read("udplite", request.udplite);
  read("raw", request.raw);
  read("sctp", request.sctp);
  read("unix", request.unix_sockets);
  read("packet", request.packet);
  read("v4", request.v4);
  read("v6", request.v6);
  read("tcpInfo", request.tcp_info);
  read("memory", request.memory);
  read("congestion", request.congestion);
  read("references", request.references);
  read("bound", request.bound);
  read("queued", request.queued);
  read("allNamespaces", request.all_namespaces);
  read("netlink", request.netlink);
  if (const Napi::Value wanted = object.Get("wanted"); wanted.IsTypedArray()) {
    const auto pairs = wanted.As<Napi::Uint32Array>();
    request.wanted.assign(pairs.Data(), pairs.Data() + pairs.ElementLength());
    std::ranges::sort(request.wanted);
  }
  return start<TableReading>(info.Env(), request);
}

Napi::Value socket_owners_js(const Napi::CallbackInfo& info) {
  const std::string root = info[0].IsString() ? info[0].As<Napi::String>().Utf8Value() : "/proc";
  return start<OwnersReading>(info.Env(), root);
}

}  // namespace nettrace
