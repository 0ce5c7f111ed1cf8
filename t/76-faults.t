# Every way in which a store fails, on a real redis-server: the answer, the one line
# at "error", how soon the gate is back; never a wrong allow, a busy loop, a leak.
# FAULTS=PATTERN tries some.  docs/operations/faults.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/attack/lib";
use Test::More;

use Healthcode::Docs qw(document);
use Healthcode::Faults;
use Healthcode::Faults::Redis;
use Healthcode::Faults::Replica;
use Healthcode::Faults::Sentinel;
use Healthcode::Faults::Wire;

my @rows = (Healthcode::Faults::Redis::rows(), Healthcode::Faults::Sentinel::rows(),
            Healthcode::Faults::Replica::rows());

# ---- the document says the same ----

{
    my %told = map { $_->{cells}[0] => $_->{cells} }
        grep { $_->{head}[0] eq 'fault' }
        @{ document("$FindBin::Bin/..", 'docs/operations/faults.md')->{rows} };
    for my $row (@rows, Healthcode::Faults::Wire::rows()) {
        my ($name, $answer, $flagged, $line) = Healthcode::Faults::documented($row);
        my @cells = map { tr/`//dr } @{ delete $told{$name} || [] };
        is(join(' | ', @cells[0, 2 .. 4]),
           join(' | ', $name, $answer, $flagged eq $answer ? 'the same' : $flagged, $line),
           "docs/operations/faults.md: $name");
    }
    is(join(', ', sort keys %told), '', 'and no row that nobody tries');
}

Healthcode::Faults::judge_all(@rows);
done_testing;
