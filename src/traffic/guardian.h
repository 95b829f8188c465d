// The pooler's dead man's switch: a small process of its own that resumes a paused pooler when bgdb dies or freezes.
// It only ever RESUMEs; it never points traffic anywhere. Before the point of no return that gives clients back to the
// source; after it, clients that reach the old side get its guards' clean error. It acts only when bgdb is gone or the
// deadline has passed, so its RESUME never races a PAUSE (PgBouncer #715).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "core/result.h"
#include "traffic/make.h"

namespace bgdb::traffic {

class Guardian {
 public:
  // `program`: a bgdb executable, started as `program __guardian` in a session of its own.
  static Result<Guardian> start(const std::string& program, const DriverSpec& spec, std::chrono::milliseconds deadline);
  Guardian() = default;
  Guardian(Guardian&& other) noexcept;
  Guardian& operator=(Guardian&& other) noexcept;
  ~Guardian();  // dismisses: this process is alive and has resumed traffic, or never paused it

  // A pause begins now: the deadline starts again.
  void expect(std::chrono::milliseconds deadline);
  // Past the point of no return: the deadline starts again with `deadline`, and when bgdb dies the guardian leaves
  // `grace` for --resume, which then leads clients to the right side without an error.
  void committed(std::chrono::milliseconds deadline, std::chrono::milliseconds grace);
  void dismiss();
  bool armed() const { return pipe_ >= 0; }

 private:
  void say(const std::string& line) const;
  int pipe_ = -1;
  pid_t pid_ = -1;
};

// What `bgdb __guardian` runs: reads its orders from standard input. Returns the exit status.
int guardian_main();

}  // namespace bgdb::traffic
