# Faults of a store that is a replica, and of who ticks for it, a row each, as
# Healthcode::Faults explains them; what takes several servers is in t/86-replica.t.
# docs/operations/faults.md, "The table".

package Healthcode::Faults::Replica;

use strict;
use warnings;

use Time::HiRes qw(sleep time);

my %TICKS = (ticks => 1, store => { replica => 'lag=2s' });


sub rows {
    return ({
        %TICKS, name => 'a replica: nobody ticks', answer => 'store_timeout',
        line => 'its tick is too old; look at the way',
        begin => sub { $_[0]->stop_tick },
        end => sub { $_[0]->tick; return time },
    }, {
        %TICKS, name => 'a replica: nobody ticks, offline', answer => '200',
        flagged => '403 flagged', line => undef,
        store => { replica => 'lag=2s offline=60s' },
        begin => sub { sleep 3.5; $_[0]->stop_tick; sleep 2.5 },
        end => sub { $_[0]->tick; return time },
    }, {
        %TICKS, name => 'a replica: ticks of a clock that is ahead',
        answer => 'store_unproven', line => 'its tick lies more than a second ahead',
        begin => sub { $_[0]->stop_tick; $_[0]->tick_at(60) },
        end => sub { $_[0]->tick; return time },
    }, {
        %TICKS, name => 'a replica: ticks of a clock that is behind',
        answer => 'store_timeout', line => 'its tick is too old; look at the way',
        begin => sub { $_[0]->stop_tick; $_[0]->tick_at(-60) },
        end => sub { $_[0]->tick; return time },
    }, {
        %TICKS, name => 'a replica: no tick', answer => 'store_unproven',
        line => 'its tick is missing or cannot be read',
        begin => sub { $_[0]->stop_tick; $_[0]->redis->cmd('DEL', 'healthcode:tick:{c}') },
        end => sub { $_[0]->tick; return time },
    });
}

1;
