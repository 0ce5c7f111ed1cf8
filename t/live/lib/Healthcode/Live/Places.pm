# Stores of `make live` that are more than one server: a cluster, whose nodes the
# command reaches through a relay each, and a site with a replica beside the
# gate.  Judges nothing.  docs/benchmarks.md, "Live".

package Healthcode::Live::Places;

use strict;
use warnings;

use Scalar::Util qw(weaken);

use Healthcode::Cluster;
use Healthcode::Ports qw(free_ports);
use Healthcode::Site;

# What the command does not wait for any longer: it is tried again.
my @PATIENCE = ('--timeout', '1s');


# wait => N: a change is acknowledged when so many replicas have it
sub new {
    my ($class, %opt) = @_;
    return bless { %opt }, $class;
}


sub world { $_[0]{world} }

sub joins {
    my ($self, $world) = @_;
    $self->{world} = $world;
    weaken $self->{world};
}

sub words { return (@PATIENCE, $_[0]{wait} ? ('--wait', $_[0]{wait}) : ()) }

sub judge { }


package Healthcode::Live::Places::Cluster;

use strict;
use warnings;

use List::Util qw(shuffle);

our @ISA = qw(Healthcode::Live::Places);


# new(masters => N, replicas => N, node_timeout => MS, wait => N)
sub begin {
    my ($self, $world) = @_;
    $self->joins($world);
    $self->{cluster} = Healthcode::Cluster->new(
        dir => $world->f->dir, password => $world->f->password, masters => 3,
        replicas => $self->{replicas} || 0, timeout => $self->{node_timeout} || 2000);
    return $self->cluster->nodes;
}


sub cluster { $_[0]{cluster} }


# Nodes name each other by their relays, to the command alone: the gate asks
# them where they are.
sub relay {
    my ($self) = @_;
    my $w = $self->world;
    my @nodes = $self->cluster->nodes;
    my @ports = Healthcode::Ports::free_ports(scalar @nodes);

    for my $i (0 .. $#nodes) {
        $w->tell('port', $nodes[$i]{port}, $ports[$i]);
        $w->relay("node$i", $nodes[$i]->socket, 0, $ports[$i]);
        $w->tell('waits', "node$i", $self->{wait}) if $self->{wait};
    }
    $self->{ports} = \@ports;
    $w->{lines} = { cluster => 'on', %{ $w->{lines} || {} }, server => join '; server ',
                    map { $self->cluster->address($_) } @nodes };
}


# Any of them first: one that does not answer delays some commands only.
sub url {
    my ($self) = @_;
    return 'cluster://' . join ',', map { "127.0.0.1:$_" } shuffle @{ $self->{ports} };
}


sub number {
    my ($self, $node) = @_;
    my @nodes = $self->cluster->nodes;
    return (grep { $nodes[$_] == $node } 0 .. $#nodes)[0];
}


# ---- who is where ----

sub slot {
    my ($self, $name) = @_;
    return $self->{slot}{$name} //= $self->cluster->slot($self->world->risk_key($name));
}


# The holders whose flags this node has, by the map of now.
sub at {
    my ($self, $node) = @_;
    my %mine = map { $_ => 1 } map { $_->[0] .. $_->[1] }
        grep { $_->[2][1] == $node->{port} } $self->cluster->_map;
    return grep { $mine{ $self->slot($_) } } $self->world->holders;
}


# A master that has neither the controls nor the regions: without those nobody
# would pass.
sub master {
    my ($self) = @_;
    my %taken = map { $self->cluster->owner($_) => 1 }
        $Healthcode::Keys::CONTROL, $Healthcode::Keys::REGION;
    return (grep { !$taken{$_} } $self->cluster->masters)[0] // die "no such master\n";
}


# The node that replicates this one.
sub replica {
    my ($self, $master) = @_;
    my $id = $self->cluster->id($master);
    my ($port) = $master->cmd('CLUSTER', 'NODES')
        =~ /^\S+ 127\.0\.0\.1:(\d+)\@\S+ \S*slave\S* $id /m or die "no replica\n";
    return (grep { $_->{port} == $port } $self->cluster->nodes)[0];
}


# From now on a 503 of these is what the fault costs, and of others what it costs
# them.
sub touch {
    my ($self, @names) = @_;
    my $w = $self->world;
    my %is = map { $_ => 1 } @names;
    $w->tell('touch', $w->hex($_), $is{$_} ? 1 : 0) for $w->holders;
    $w->sync;
}


sub end { delete $_[0]{cluster} }


package Healthcode::Live::Places::Site;

use strict;
use warnings;

our @ISA = qw(Healthcode::Live::Places);


# new(lag => SECONDS, offline => SECONDS, other => 1: a second one at the centre
#     may take over, judged => SECONDS instead of lag, late => SECONDS: a clear may be heard so
#     much later)
sub begin {
    my ($self, $world) = @_;
    $self->joins($world);
    my $site = $self->{site} = Healthcode::Site->new($world->f);
    return $site->centre if !$self->{other};

    $site->{middle} = $site->server('middle', 'port ' . $site->port('middle'),
                                    'replicaof 127.0.0.1 ' . $site->port('centre'));
    return ($site->centre, $site->{middle});
}


sub site { $_[0]{site} }


sub relay {
    my ($self) = @_;
    my $w = $self->world;
    my $offline = $self->{offline} ? " offline=$self->{offline}s" : '';
    $w->tell('waits', "admin$_", $self->{wait}) for $self->{wait} ? (0, 1) : ();
    $w->{lines} = { server => 'unix:' . $self->site->site->socket,
                    replica => "lag=$self->{lag}s$offline", %{ $w->{lines} || {} } };
}


sub judge {
    my ($self) = @_;
    my $w = $self->world;
    $w->tell('lease', 1000 * ($self->{judged} || $self->{lag}));
    $w->tell('over', 1000 * $self->{offline}) if $self->{offline};
    $w->tell('blind', 1000 * $self->{late}) if $self->{late};
}


sub end { my $site = delete $_[0]{site}; $site->end if $site }

1;
