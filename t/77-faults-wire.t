# What no redis-server answers, and a relay before one does: the answer of the gate,
# the one line at "error", how soon it is back; never a wrong allow, a busy loop, a
# leak.  FAULTS=PATTERN tries some.  docs/operations/faults.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/attack/lib";
use Test::More;

use Healthcode::Faults;
use Healthcode::Faults::Wire;

Healthcode::Faults::judge_all(Healthcode::Faults::Wire::rows());
done_testing;
