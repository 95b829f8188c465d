#include "cli/run.h"

int main(int argc, char* argv[]) {
  return bgdb::cli::run(argc, argv);
}
