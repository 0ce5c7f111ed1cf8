# A Redis with an AOF, gates that share it, and what is done to them while people
# pass: kills, reloads, stops, and a power cut, which takes from the AOF what has not
# reached the disk.  docs/benchmarks.md, "Passages".

package Healthcode::Live::Passage::World;

use strict;
use warnings;

use Healthcode::Attack::Random;
use Healthcode::Fixture;
use Healthcode::Live::Passage::Halls;
use Healthcode::Nginx;
use Time::HiRes qw(sleep);

# What docs/redis-keys.md says that a gate with halls needs as well.
my ($HALL_ACL) = map { s/\n +/ /r } Healthcode::Fixture->folder->read(
    "$Healthcode::Fixture::ROOT/docs/redis-keys.md") =~ /^    (~healthcode:hall:.*\n.*)$/m;

my $GATES   = 3;
my $WORKERS = 2;

# new(seed, fsync => always or everysec, script => 1: no gates, retry, hold)
sub new {
    my ($class, %opt) = @_;
    my $self = bless { %opt, cut => 0 }, $class;
    $self->_start;
    return $self;
}


sub f     { $_[0]{f} }
sub redis { $_[0]{redis} }
sub gates { @{ $_[0]{gates} } }
sub halls { $_[0]{halls} }

# How many bytes power cuts have taken.
sub bytes_cut { $_[0]{cut} }


# ---- the world ----

sub _start {
    my ($self) = @_;
    my $f = $self->{f} = Healthcode::Fixture->new(no_redis => 1);
    $self->{random} = Healthcode::Attack::Random->new($self->{seed}, 80);
    mkdir $self->_synced;
    $self->{redis} = $self->_powered(sub { Healthcode::Redis->start(dir => $f->dir, conf => [
        'user gate on >' . $f->password . ' ' . Healthcode::Redis::gate_acl() . " $HALL_ACL",
        'appendonly yes', "appendfsync $self->{fsync}", 'auto-aof-rewrite-min-size 16mb' ]) });
    $f->tool('store', 'init', '--redis', $f->url($self->{redis}), '--pepper-file',
             $f->path('pepper'), '--empty');
    $self->{halls} = Healthcode::Live::Passage::Halls->new(
        pepper => $f->read('pepper') =~ s/\n//r, secret => $f->secret,
        iss => $Healthcode::Fixture::ISS{site}, map { $_ => $self->{$_} } qw(retry hold));
    $self->{gates} = [ map { $self->_gate } 1 .. ($self->{script} ? 0 : $GATES) ];
}


sub _gate {
    my ($self) = @_;
    my $f = $self->{f};
    my $halls = join '', map { $self->{halls}->conf($_) } $self->{halls}->all;
    my $store = $f->store_conf('flags', server => 'unix:' . $self->{redis}->socket,
                               timeout => '1s', connect_timeout => '500ms', cache => 'live');
    return Healthcode::Nginx->new(module => $f->module, workers => $WORKERS,
        http => $f->pepper_conf . $f->issuer_conf('site') . $store . <<"END")->start;
healthcode_zone live 8m;
healthcode_code_cache live;
keepalive_requests 100000000;
keepalive_timeout  600s;
access_log         off;
error_log          {{ROOT}}/logs/http.log error;

server {
    listen unix:{{SOCK}} backlog=1024;
    allow  unix:;
    deny   all;
    add_header X-Passage \$healthcode_reason always;
    location /alive { return 204; }
$halls
}
END
}


sub _synced { $_[0]{f}->path('synced') }


# A server whose files are known as far as they have reached the disk.
sub _powered {
    my ($self, $start) = @_;
    local $ENV{LD_PRELOAD} = "$Healthcode::Fixture::BUILD/live/healthcode_synced.so";
    local $ENV{HEALTHCODE_SYNCED} = $self->_synced;
    -f $ENV{LD_PRELOAD} or die "$ENV{LD_PRELOAD} is missing: run \"make -C t/live\" first\n";
    return $start->();
}


# Takes away from the files of the AOF what has not reached the disk.
sub _lose_power {
    my ($self) = @_;
    my $dir = $self->{f}->dir;
    $self->{redis}->down;
    for my $file (glob "$dir/*.aof $dir/appendonlydir/*") {
        my ($inode, $size) = (stat $file)[1, 7];
        my $safe = int($self->{f}->read("synced/$inode") || 0);
        next if $safe >= $size;
        $self->{cut} += $size - $safe;
        truncate $file, $safe or die "$file: $!";
    }
}


# It loads its AOF before it answers, on a busy machine for long.
sub _restart {
    my ($self) = @_;
    my $redis = $self->{redis};
    return if eval { $redis->up };
    my $error = $@;
    for (1 .. 300) {
        die $error if !$redis->{process}->running;
        return if eval { $redis->cmd('PING') eq 'PONG' };
        sleep 0.2;
    }
    die $error;
}


# ---- what is done ----

my %FAULTS = (
    'reload' => sub { $_[0]->_a_gate->reload(20) },
    'worker-killed' => sub {
        my @workers = $_[0]->_a_gate->workers or return;
        kill KILL => $workers[ $_[0]{random}->below(scalar @workers) ];
    },
    'gate-killed' => sub {
        my ($self, $wait) = @_;
        my $gate = $self->_a_gate;
        my @workers = $gate->workers;
        kill KILL => $gate->pid, @workers;
        $gate->{process}->wait(5);
        $gate->is_gone($_, 5) for @workers;
        $wait->(0.1, 1);
        unlink $gate->sock;
        $gate->start(20);
    },
    'redis-killed' => sub {
        my ($self, $wait) = @_;
        $self->_lose_power;
        $wait->(0.05, 1);
        $self->_powered(sub { $self->_restart });
    },
    'redis-stopped' => sub {
        my ($self, $wait) = @_;
        $self->{redis}->freeze;
        $wait->(0.2, 2.5);
        $self->{redis}->thaw;
    },
    'cut' => sub { eval { $_[0]{redis}->cmd('CLIENT', 'KILL', 'TYPE', 'normal') } },
    'script-flush' => sub { $_[0]{redis}->cmd('SCRIPT', 'FLUSH') },
);

# Of which kinds faults are; Redis loses its power more often than others.
sub faults {
    my ($self) = @_;
    return (qw(redis-killed redis-stopped cut script-flush redis-killed),
            $self->{script} ? () : qw(reload worker-killed gate-killed));
}


# One of them; it comes back when that is over. $wait->(LEAST, MOST) lets seconds pass.
sub fault {
    my ($self, $name, $wait) = @_;
    $FAULTS{$name}->($self, $wait);
}


# What nobody may notice but who judges: who passed, and who is inside.
sub forget {
    my ($self) = @_;
    $self->{redis}->cmd('DEL', @{ $_->{keys} }) for $self->{halls}->all;
}


# Lines of gates that ended by themselves.
sub crashes {
    my ($self) = @_;
    return grep { /exited on signal (?!9\b)|\[(?:alert|emerg)\] (?!.*exited on signal 9)/ }
        map { split /\n/, $_->error_log } $self->gates;
}


sub _a_gate { $_[0]{gates}[ $_[0]{random}->below(scalar @{ $_[0]{gates} }) ] }


sub DESTROY {
    my ($self) = @_;
    local ($?, $@, $!);
    $self->{redis}->thaw if $self->{redis};
    delete $self->{gates};
}

1;
