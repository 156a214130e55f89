// The gRPC side of calls in flight; see grpc_side.h.

#include "grpc_side.h"

#include "../bench.h"

extern "C" {
#include "service.h"
}

#include "repeat.grpc.pb.h"

#include <grpcpp/grpcpp.h>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace
{

constexpr size_t kMessage = 128;
constexpr size_t kTag = 2;       // bytes of the text's tag and length
constexpr size_t kWaiting = 512; // calls that the service accepts at once

// One call at the service: accepts it, answers it, and then accepts the next.
class Served
{
  public:
    Served(repeat::Repeater::AsyncService *service, grpc::ServerCompletionQueue *queue)
        : service_(service), queue_(queue)
    {
        Accept();
    }

    void Proceed()
    {
        if (answered_) {
            Accept();
            return;
        }
        answered_ = true;
        writer_->Finish(request_, grpc::Status::OK, this);
    }

  private:
    void Accept()
    {
        answered_ = false;
        writer_.reset();
        context_ = std::make_unique<grpc::ServerContext>();
        writer_ = std::make_unique<grpc::ServerAsyncResponseWriter<repeat::Text>>(context_.get());
        service_->RequestRepeat(context_.get(), &request_, writer_.get(), queue_, queue_, this);
    }

    repeat::Repeater::AsyncService *service_;
    grpc::ServerCompletionQueue *queue_;
    std::unique_ptr<grpc::ServerContext> context_;
    std::unique_ptr<grpc::ServerAsyncResponseWriter<repeat::Text>> writer_;
    repeat::Text request_;
    bool answered_ = false;
};

void Serve(void *state)
{
    static repeat::Repeater::AsyncService service;
    static std::unique_ptr<grpc::Server> server;
    static std::unique_ptr<grpc::ServerCompletionQueue> queue;
    static std::vector<std::unique_ptr<Served>> calls;
    grpc::ServerBuilder builder;

    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             static_cast<int *>(state));
    builder.RegisterService(&service);
    queue = builder.AddCompletionQueue();
    server = builder.BuildAndStart();
    bench_need(server != nullptr, "gRPC's server");
    for (size_t i = 0; i < kWaiting; i++)
        calls.push_back(std::make_unique<Served>(&service, queue.get()));
    std::thread([] {
        void *call = nullptr;
        bool good = false;
        while (queue->Next(&call, &good) && good)
            static_cast<Served *>(call)->Proceed();
    }).detach();
}

// One call of the caller, which begins again when it is answered.
struct Call {
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<repeat::Text>> reader;
    repeat::Text answer;
    grpc::Status status;
};

} // namespace

struct grpc_side {
    int *port; // shared with the service
    pid_t service;
    repeat::Text query;
    std::unique_ptr<repeat::Repeater::Stub> stub;
    grpc::CompletionQueue *queue;

    void Begin(Call *call)
    {
        call->reader.reset();
        call->context = std::make_unique<grpc::ClientContext>();
        call->reader = stub->AsyncRepeat(call->context.get(), query, queue);
        call->reader->Finish(&call->answer, &call->status, call);
    }

    Call *AwaitOne()
    {
        void *tag = nullptr;
        bool good = false;
        bench_need(queue->Next(&tag, &good) && good, "gRPC's completion queue");
        auto *call = static_cast<Call *>(tag);
        bench_need(call->status.ok() && call->answer.ByteSizeLong() == kMessage, "gRPC's answer");
        return call;
    }
};

grpc_side *grpc_side_start(void)
{
    void *shared =
        mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    bench_need(shared != MAP_FAILED, "mmap");
    auto *side = new grpc_side{};
    side->port = static_cast<int *>(shared);
    side->service = service_start(Serve, shared);
    return side;
}

void grpc_side_connect(grpc_side *side)
{
    std::string address = "127.0.0.1:" + std::to_string(*side->port);

    side->query.set_text(std::string(kMessage - kTag, 'x'));
    side->queue = new grpc::CompletionQueue;
    side->stub =
        repeat::Repeater::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
}

double grpc_side_rate(grpc_side *side, size_t depth, size_t calls)
{
    std::vector<Call> in_flight(depth);
    size_t sent = 0;
    uint64_t start = bench_now();

    for (; sent < depth && sent < calls; sent++)
        side->Begin(&in_flight[sent]);
    for (size_t answered = 0; answered < calls; answered++) {
        Call *call = side->AwaitOne();
        if (sent < calls) {
            side->Begin(call);
            sent++;
        }
    }
    return 1e6 / bench_each(start, calls);
}

void grpc_side_stop(grpc_side *side)
{
    service_stop(side->service);
    side->stub.reset();
    side->queue->Shutdown();
    delete side->queue;
    munmap(side->port, sizeof *side->port);
    delete side;
}
